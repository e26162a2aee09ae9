use dspy::{ChainOfThought, signature};

/// Answer the question.
#[signature]
struct Answer {
    #[input]
    question: String,
    /// Why.
    #[output]
    reasoning: String,
    /// The answer.
    #[output]
    word: String,
}

fn main() {
    let _ = ChainOfThought::<Answer>::new();
}
