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
    async fn forward(&self, input: QaInput, cx: &Context) -> Result<QaOutput> {
        Ok(self.answer.call(cx, input).await?.into_output())
    }
}

fn main() {}
