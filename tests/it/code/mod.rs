//! Programs that write code, and the Python that runs it.

/// Makes a test of each function for each interpreter: those of `Monty` need its worker.
macro_rules! over_every_interpreter {
    ($($test:ident),* $(,)?) => {
        mod python {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(dspy::code::Python::new()).await;
                }
            )*
        }

        #[cfg(feature = "monty")]
        mod monty {
            $(
                #[tokio::test]
                #[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
                async fn $test() {
                    super::$test($crate::code::monty()).await;
                }
            )*
        }
    };
}

mod cancel;
mod code_act;
mod dialect;
mod host;
mod hostile;
mod language;
#[cfg(feature = "monty")]
mod monty;
mod program_of_thought;
mod rlm;
mod sessions;

use std::time::Duration;

use dspy::code::{Execution, Host, HostReply, Interpreter, Limits, NoFunctions};
use dspy::data::Record;
use dspy::lm::{Response, Scripted};
use dspy::{Context, Rows, Splits};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::strategies::Answer;

/// Limits that are soon met, but for that of the time, which depends on the machine.
pub fn tight() -> Limits {
    Limits {
        time: Duration::from_secs(30),
        memory: 16 << 20,
        output: 10_000,
        calls: 100,
        ..Limits::default()
    }
}

/// `Monty`, with the worker that the tests have found.
#[cfg(feature = "monty")]
pub fn monty() -> dspy::code::Monty {
    dspy::code::Monty::new().worker(option_env!("TEST_MONTY_WORKER").unwrap_or("monty")).processes(4)
}

/// A model of which half of the rows are right without demonstrations, and all with one: `reply` is told the text of
/// the last message and whether the answer is to be right.
pub fn learner(reply: impl Fn(&str, bool) -> String + Send + Sync + 'static) -> Context {
    let lm = Scripted::new(move |_, request| {
        let last =
            request.messages.iter().last().map(|message| message.text().to_owned()).unwrap_or_default();
        let is_even = ["0?", "2?", "4?", "6?", "8?"].iter().any(|even| last.contains(even));
        Ok(Response::new(reply(&last, is_even || request.messages.iter().count() > 2)))
    });
    Context::new(lm).with_parse_retries(0)
}

/// Rows whose questions are numbers, for a search.
pub fn splits() -> Splits<Answer> {
    let row = |n: u32| Answer { question: format!("row {n}?"), word: "one".into() };
    let rows = |from: u32, to: u32| Rows::from((from..to).map(row).collect::<Vec<_>>());
    Splits::new(rows(0, 6), rows(6, 12), rows(12, 14)).expect("no row twice")
}

/// A host of one function, which does what a closure says.
pub struct One<F>(pub &'static str, pub F);

impl<F: Fn() -> BoxFuture<'static, dspy::Result<HostReply>> + Send + Sync> Host for One<F> {
    fn functions(&self) -> Vec<String> {
        vec![self.0.into()]
    }

    fn call<'a>(
        &'a self,
        _: &'a str,
        _: Vec<Value>,
        _: Map<String, Value>,
    ) -> BoxFuture<'a, dspy::Result<HostReply>> {
        (self.1)()
    }
}

/// Runs one piece of code in a session of its own.
pub async fn run(python: &dyn Interpreter, code: &str) -> Execution {
    let mut session = python.open(&tight()).expect("it opens");
    session.run(code, Record::new(), &NoFunctions).await.expect("the session holds")
}

/// What code prints, or its error.
pub async fn shown(python: &dyn Interpreter, code: &str) -> String {
    run(python, code).await.to_string()
}
