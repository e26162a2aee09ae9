use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "", check(|number: &u8| *number < 9, "at most 9"))]
    answer: String,
}

fn main() {}
