use dspy::{module};

#[module]
async fn answer(question: String) -> String {
    question
}

fn main() {
    drop(answer(String::new()));
}
