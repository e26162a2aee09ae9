use dspy::signature;

/// Answer the question.
#[signature]
pub async fn answer(question: String) -> String {
    question
}

fn main() {
    drop(answer(String::new()));
}
