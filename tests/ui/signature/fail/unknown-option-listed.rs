use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(max_chars = 5, desc = "short")]
    answer: String,
}

fn main() {}
