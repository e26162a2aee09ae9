use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output]
    reply: String,
    #[output(rename = "reply")]
    answer: String,
}

fn main() {}
