#![deny(warnings)]

use dspy::{Context, Module, Predict, Result, module, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

#[module]
struct Twice<M, const TIMES: usize>
where
    M: Module,
{
    inner: M,
}

#[module]
impl<M, const TIMES: usize> Twice<M, TIMES>
where
    M: Module,
    M::Input: Clone,
{
    async fn forward(&self, cx: &Context, input: M::Input) -> Result<M::Output> {
        for _ in 1..TIMES {
            self.inner.forward(cx, input.clone()).await?;
        }
        self.inner.forward(cx, input).await
    }
}

#[module]
struct Answer {
    answer: Predict<Qa>,
}

#[module]
impl Answer {
    async fn forward(&self, cx: &Context, QaInput { question }: QaInput) -> Result<QaOutput> {
        Ok(self.answer.call(cx, QaInput { question }).await?.into_output())
    }
}

async fn run(cx: &Context) -> Result<usize> {
    let program: Twice<Answer, 2> = Twice::new();
    Ok(program.call(cx, QaInput { question: String::new() }).await?.answer.len())
}

fn main() {
    let _ = run;
}
