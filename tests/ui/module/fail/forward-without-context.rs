use dspy::{Predict, Result, module, signature};

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
    async fn forward(&self, input: QaInput) -> Result<QaOutput> {
        Ok(QaOutput { answer: input.question })
    }
}

fn main() {}
