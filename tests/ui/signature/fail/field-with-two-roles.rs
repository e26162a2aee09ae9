use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output]
    #[input]
    answer: String,
}

fn main() {}
