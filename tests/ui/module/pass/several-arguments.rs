#![deny(warnings, missing_docs, clippy::pedantic)]
//! Several arguments become one struct.

use dspy::{Context, Predict, Result, module, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

#[module]
struct Answer {
    answer: Predict<Qa>,
}

#[module]
impl Answer {
    async fn forward(&self, cx: &Context, mut question: String, r#loop: u8, _unused: bool) -> Result<QaOutput> {
        for _ in 0..r#loop {
            question.push('?');
        }
        Ok(self.answer.call(cx, QaInput { question }).await?.into_output())
    }
}

async fn run(cx: &Context) -> Result<usize> {
    let input = AnswerInput { question: String::from("why"), r#loop: 2, _unused: true };
    assert_eq!(serde_json::to_string(&input).unwrap(), r#"{"question":"why","loop":2,"_unused":true}"#);
    Ok(Answer::new().call(cx, input.clone()).await?.answer.len())
}

fn main() {
    let _ = run;
}
