use dspy::signature;

/// Answer the question.
#[signature(inst)]
struct Qa {
    #[input(de)]
    question: String,
    #[output("short")]
    answer: String,
}

fn main() {
    let _ = QaOutput { answer: String::new() };
}
