#![deny(warnings, private_interfaces)]

use dspy::signature::Row;
use dspy::signature;

mod inner {
    use dspy::signature;

    /// Answer the question.
    #[signature]
    pub(crate) struct Qa {
        #[input]
        pub(crate) question: String,
        #[output(desc = "")]
        pub(in crate::inner) answer: String,
    }

    pub(crate) fn row() -> Qa {
        Qa { question: String::from("?"), answer: String::from("!") }
    }

    impl QaOutput {
        pub(crate) fn answer(&self) -> &str {
            &self.answer
        }
    }
}

/// Answer the question.
#[signature]
struct Private {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

fn main() {
    assert_eq!(inner::row().input().question, "?");
    assert_eq!(inner::row().output().answer(), "!");
    let row = Private { question: String::new(), answer: String::new() };
    let _ = (row.input().question, row.output().answer);
}
