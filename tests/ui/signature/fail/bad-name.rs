use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input(rename = "the question")]
    question: String,
    #[output(rename = "")]
    answer: String,
}

fn main() {}
