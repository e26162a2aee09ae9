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
    #[frozzen]
    answer: Predict<Qa>,
    #[plian]
    text: String,
}

fn main() {
    let _ = std::mem::size_of::<Answer>();
}
