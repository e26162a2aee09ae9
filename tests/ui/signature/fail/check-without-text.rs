use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(check(|text: &String| text.len() < 9), check = "short", check())]
    answer: String,
}

fn main() {}
