use dspy::signature;

/// Answer the question.
#[signature]
struct Qa;

fn main() {}
