use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input(descr = "what is asked")]
    question: String,
    #[output]
    answer: String,
}

fn main() {}
