#![deny(warnings)]

use dspy::{Signature, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[cfg(any())]
    #[input]
    gone: NoSuchType,
    #[cfg(any())]
    without_role: NoSuchType,
    #[cfg_attr(all(), output(desc = "The answer."))]
    answer: String,
}

fn main() {
    let schema = Qa::schema();
    assert_eq!(schema.fields().len(), 2);
    assert_eq!(schema.field("answer").unwrap().description(), "The answer.");
    let _ = (QaInput { question: String::new() }, QaOutput { answer: String::new() });
}
