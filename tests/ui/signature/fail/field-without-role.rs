use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    question: String,
    #[input]
    context: String,
    /// The answer.
    answer: String,
}

fn main() {}
