use dspy::signature;

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[ouput]
    answer: String,
}

fn main() {
    let _ = QaOutput { answer: String::new() };
}
