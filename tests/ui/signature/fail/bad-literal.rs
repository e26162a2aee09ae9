use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input(desc = 5)]
    question: String,
    #[output(rename = true)]
    answer: String,
}

fn main() {}
