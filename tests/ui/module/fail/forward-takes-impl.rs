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
    async fn forward(&self, _cx: &Context, question: impl Into<String>) -> Result<QaOutput> {
        Ok(QaOutput { answer: question.into() })
    }
}

fn main() {}
