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
    fn new() -> Self {
        Self { answer: Predict::new() }
    }

    async fn forward(&self, cx: &Context, input: QaInput) -> Result<QaOutput> {
        Ok(self.answer.call(cx, input).await?.into_output())
    }
}

fn main() {}
