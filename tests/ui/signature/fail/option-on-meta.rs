use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[meta(desc = "the row")]
    id: String,
    #[input]
    question: String,
    #[output]
    answer: String,
}

fn main() {}
