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
struct Answer {
    #[frozen]
    #[plain]
    answer: Predict<Qa>,
    #[frozen]
    #[frozen]
    second: Predict<Qa>,
}

fn main() {}
