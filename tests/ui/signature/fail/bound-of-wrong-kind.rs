use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(min = 3)]
    answer: String,
}

fn main() {}
