#![deny(warnings)]

use dspy::{Module, Context, Predict, Result, module, signature};

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
    #[cfg(any())]
    gone: NoSuchType,
}

#[module]
impl Answer {
    #[cfg(any())]
    fn gone(&self) -> NoSuchType {}

    async fn forward(&self, cx: &Context, input: QaInput) -> Result<QaOutput> {
        Ok(self.answer.call(cx, input).await?.into_output())
    }
}

fn main() {
    assert_eq!(Answer::new().state().paths().count(), 1);
}
