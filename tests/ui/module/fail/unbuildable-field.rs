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
struct Part {
    answer: Predict<Qa>,
    #[plain]
    passages: usize,
}

#[module]
struct Whole {
    part: Part,
}

fn main() {
    let _ = Whole::new();
}
