use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input(check(|text: &String| !text.is_empty(), "not empty"))]
    question: String,
    #[output]
    answer: String,
}

fn main() {}
