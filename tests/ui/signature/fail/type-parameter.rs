use dspy::signature;

/// Answer the question.
#[signature]
struct Qa<T: Clone> {
    #[input]
    question: String,
    #[output]
    answer: T,
}

fn main() {
    let _ = (QaInput { question: String::new() }, QaOutput { answer: 1 });
}
