// Generated code names nothing that a user can take away.
#![deny(warnings)]
#![allow(dead_code, non_camel_case_types, non_upper_case_globals)]

struct Result;
struct Option;
struct String;
struct Clone;
struct Send;
struct Future;
struct Path;
struct __Edge;
mod core {}
mod std {}
mod serde {}
const visit: () = ();

/// Answer the question.
#[dspy::signature]
struct Qa {
    #[input]
    question: ::std::string::String,
    #[output(desc = "")]
    answer: ::std::string::String,
}

#[dspy::module]
struct Answer {
    visit: dspy::Predict<Qa>,
    cx: dspy::Predict<Qa>,
    #[plain]
    input: u8,
}

#[dspy::module]
impl Answer {
    async fn forward(&self, context: &dspy::Context, question: ::std::string::String, input: u8) -> dspy::Result<QaOutput> {
        assert_eq!(self.input, input);
        self.cx.call(context, QaInput { question: question.clone() }).await?;
        ::core::result::Result::Ok(self.visit.call(context, QaInput { question }).await?.into_output())
    }
}

fn main() {}
