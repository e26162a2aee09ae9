#![deny(warnings)]

use dspy::{Context, Predict, Result, module, signature};

fn main() {
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
        async fn forward(&self, cx: &Context, question: String, times: usize) -> Result<QaOutput> {
            let question = question.repeat(times);
            Ok(self.answer.call(cx, QaInput { question }).await?.into_output())
        }
    }

    let input = AnswerInput { question: String::new(), times: 1 };
    let call = async |cx: &Context| Answer::new().call(cx, input).await.map(|reply| reply.answer.len());
    let _ = call;
}
