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
    async fn forward<T: Clone>(&self, _cx: &Context, input: T) -> Result<T> {
        Ok(input)
    }
}

fn main() {}
