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

#[module]
impl Answer {
    fn forward(&self, _cx: &Context, input: QaInput) -> Result<QaOutput> {
        Ok(QaOutput { answer: input.question })
    }
}

async fn run(cx: &Context) -> Result<()> {
    let _ = Answer::new().call(cx, QaInput { question: String::new() }).await?.answer.len();
    Ok(())
}

fn main() {
    let _ = run;
}
