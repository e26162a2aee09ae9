use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: &str,
    #[input]
    passages: Vec<&'static [u8]>,
    #[output]
    answer: String,
}

fn main() {}
