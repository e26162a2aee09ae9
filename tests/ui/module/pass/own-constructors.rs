#![deny(warnings)]

use dspy::{Context, Predict, Result, module, signature};

/// Answer the question.
#[signature]
struct Qa {
    #[input]
    question: String,
    #[output(desc = "")]
    answer: String,
}

#[module(no_new)]
struct Answer {
    answer: Predict<Qa>,
}

#[module]
impl Answer {
    const TIMES: usize = { 2 };

    fn new(times: usize) -> Self {
        assert_eq!(times, Self::TIMES);
        Self { answer: Predict::new() }
    }

    #[doc(hidden)]
    const fn helper(text: &str) -> &str {
        text
    }

    async fn forward(&self, cx: &Context, input: QaInput) -> Result<QaOutput> {
        let question = Self::helper(&input.question).to_owned();
        Ok(self.answer.call(cx, QaInput { question }).await?.into_output())
    }
}

impl Answer {
    fn load() -> Self {
        Self::new(2)
    }
}

#[derive(Debug)]
#[module]
#[derive(Clone)]
struct ClonedByHand {
    answer: Predict<Qa>,
}

fn main() {
    let _ = (Answer::load(), format!("{:?}", ClonedByHand::new()));
}
