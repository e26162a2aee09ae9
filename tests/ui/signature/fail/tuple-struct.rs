use dspy::signature;

/// Answer the question.
#[signature]
struct Qa(String, String);

fn main() {}
