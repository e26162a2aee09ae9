//! No lint speaks of the types that a program takes and gives.
#![deny(warnings, dead_code, missing_docs, missing_debug_implementations, unreachable_pub, unused_qualifications)]
#![deny(unused_lifetimes, unused_results, single_use_lifetimes, elided_lifetimes_in_paths)]
#![deny(clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

pub mod public {
    //! A program for others.

    use dspy::{Context, Predict, Result, module, signature};

    /// Answer the question.
    #[signature]
    #[derive(Debug)]
    pub struct Qa {
        /// What is asked.
        #[input]
        pub question: String,
        /// The answer.
        #[output]
        pub answer: String,
    }

    /// Answers.
    #[module]
    #[derive(Debug)]
    pub struct Answer {
        answer: Predict<Qa>,
        #[frozen]
        unread: Predict<Qa>,
    }

    #[module]
    impl Answer {
        async fn forward(&self, cx: &Context, input: QaInput) -> Result<QaOutput> {
            Ok(self.answer.call(cx, input).await?.into_output())
        }
    }
}

mod crate_wide {
    use dspy::{Context, Predict, Result, module, signature};

    /// Answer the question.
    #[signature]
    pub(crate) struct Qa {
        #[input]
        pub(crate) question: String,
        #[output(desc = "")]
        pub(crate) answer: String,
    }

    #[module]
    pub(crate) struct Answer {
        answer: Predict<Qa>,
    }

    #[module]
    impl Answer {
        pub(crate) async fn forward(&self, cx: &Context, input: QaInput) -> Result<QaOutput> {
            Ok(self.answer.call(cx, input).await?.into_output())
        }
    }

    #[module]
    pub(crate) struct Several {
        answer: Predict<Qa>,
        #[plain]
        unread: u8,
    }

    impl Several {
        pub(crate) fn new() -> Self {
            Self { answer: Predict::new(), unread: 1 }
        }
    }

    #[module]
    impl Several {
        async fn forward(&self, cx: &Context, question: String, _times: u8) -> Result<QaOutput> {
            Ok(self.answer.call(cx, QaInput { question }).await?.into_output())
        }
    }
}

fn main() {
    let _ = (crate_wide::Answer::new(), crate_wide::Several::new(), public::Answer::new());
    let _ = crate_wide::QaInput { question: String::new() };
    let _ = crate_wide::SeveralInput { question: String::new(), _times: 1 };
}
