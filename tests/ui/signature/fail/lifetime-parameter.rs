use dspy::signature;

/// Answer the question.
#[signature]
struct Qa<'a> {
    #[input]
    question: &'a str,
    #[output]
    answer: String,
}

fn main() {
    let _ = QaInput { question: "" };
}
