#![deny(warnings)]

use dspy::{Signature, signature};

macro_rules! qa {
    ($(#[doc = $doc:literal])* $name:ident, $input:ident: $ty:ty, $prompt:literal, $test:expr) => {
        $(#[doc = $doc])*
        #[signature]
        struct $name {
            #[input(rename = $prompt)]
            $input: $ty,
            #[output(desc = "", check($test, "short"))]
            answer: String,
        }
    };
}

qa! {
    /// Answer the question.
    Qa, question: String, "q", |text: &String| text.len() < 9
}

fn main() {
    assert_eq!(Qa::schema().instructions(), "Answer the question.");
    assert!(Qa::schema().field("q").is_some());
    let row = Qa { question: String::new(), answer: String::new() };
    let _ = (QaInput { question: row.question }, QaOutput { answer: row.answer });
}
