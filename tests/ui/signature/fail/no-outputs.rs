use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[meta]
    id: String,
}

fn main() {}
