use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input(desc = "asked" rename = "q")]
    question: String,
    #[output = "reply"]
    answer: String,
}

fn main() {}
