use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input(desc = "asked", rename = "q", desc = "what is asked")]
    question: String,
    #[output]
    answer: String,
}

fn main() {}
