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

macro_rules! program {
    ($name:ident, $field:ident: $ty:ty, $input:ident: $input_ty:ty) => {
        #[module]
        struct $name {
            $field: $ty,
        }

        #[module]
        impl $name {
            async fn forward(&self, cx: &Context, $input: $input_ty) -> Result<QaOutput> {
                Ok(self.$field.call(cx, $input).await?.into_output())
            }
        }
    };
}

program!(Answer, answer: Predict<Qa>, input: QaInput);

async fn run(cx: &Context) -> Result<usize> {
    Ok(Answer::new().call(cx, QaInput { question: String::new() }).await?.answer.len())
}

fn main() {
    let _ = run;
}
