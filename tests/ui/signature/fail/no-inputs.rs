use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[output]
    answer: String,
}

fn main() {}
