use dspy::{Predict, module, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

#[module(no_new = true)]
struct Answer {
    answer: Predict<Qa>,
}

fn main() {}
