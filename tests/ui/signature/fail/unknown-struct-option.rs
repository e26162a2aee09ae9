use dspy::signature;

/// Answer the question.
#[signature(instruction = "Answer.")]
struct Qa {
    #[input]
    question: String,
    #[output]
    answer: String,
}

fn main() {}
