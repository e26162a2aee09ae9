use dspy::{Predict, module, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

#[module(nonew)]
struct Answer {
    answer: Predict<Qa>,
}

fn main() {}
