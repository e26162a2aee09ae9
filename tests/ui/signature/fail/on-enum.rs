use dspy::{Predict, signature};

/// Answer the question.
#[signature]
enum Mood {
    Good,
    Bad,
}

fn main() {
    let _ = (Mood::Good, Mood::Bad, std::mem::size_of::<Predict<Mood>>());
}
