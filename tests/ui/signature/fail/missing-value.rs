use dspy::signature;

/// Answer the question.
#[signature(instructions)]
struct Qa {
    #[input(desc)]
    question: String,
    #[output(rename = )]
    answer: String,
}

fn main() {}
