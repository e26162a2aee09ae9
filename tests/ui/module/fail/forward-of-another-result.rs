use dspy::{Context, Predict, module, signature};

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
    async fn forward(&self, _cx: &Context, input: QaInput) -> std::result::Result<QaOutput, String> {
        Ok(QaOutput { answer: input.question })
    }
}

fn main() {}
