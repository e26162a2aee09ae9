use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input(rename = "answer")]
    question: String,
    #[output]
    answer: String,
}

fn main() {}
