use dspy::{Context, Predict, Result, module, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

#[module]
struct Answer {
    answer: Predict<Qa>,
}

#[module(no_new)]
impl Answer {
    async fn forward(&self, cx: &Context, input: QaInput) -> Result<QaOutput> {
        Ok(self.answer.call(cx, input).await?.into_output())
    }
}

async fn run(cx: &Context) -> Result<()> {
    let _ = Answer::new().call(cx, QaInput { question: String::new() }).await?.answer.len();
    Ok(())
}

fn main() {
    let _ = run;
}
