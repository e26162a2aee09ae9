use dspy::{Predict, module, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

#[module]
enum Answer {
    Short(Predict<Qa>),
    Long(Predict<Qa>),
}

fn main() {}
