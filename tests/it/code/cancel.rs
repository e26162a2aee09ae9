//! Runs that are given up.

use std::time::{Duration, Instant};

use dspy::code::{
    CodeAct, Execution, Host, HostReply, Interpreter, Limits, NoFunctions, ProgramOfThought, Python, Rlm,
    Session,
};
use dspy::data::Record;
use dspy::lm::{Request, Response};
use dspy::{Context, Result};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::program_of_thought::{code, word};
use super::rlm::{Complaints, input};
use crate::strategies::{Answer, Slow, given_up_after_each_poll, question};

/// A language in which each line is a function to call with a text, in this task.
#[derive(Debug)]
struct Calls;

impl Interpreter for Calls {
    fn language(&self) -> &str {
        "Calls"
    }

    fn manual(&self) -> &str {
        ""
    }

    fn open(&self, _: &Limits) -> Result<Box<dyn Session>> {
        Ok(Box::new(Calls))
    }
}

impl Session for Calls {
    fn run<'a>(
        &'a mut self,
        code: &'a str,
        _: Record,
        host: &'a dyn Host,
    ) -> BoxFuture<'a, Result<Execution>> {
        async move {
            for line in code.lines() {
                tokio::task::yield_now().await;
                if let Some((name, text)) = line.split_once(' ') {
                    host.call(name, vec![text.into()], Map::new()).await?;
                }
            }
            Ok(Execution::value("done"))
        }
        .boxed()
    }
}

fn model() -> Slow {
    Slow::new(2, |_, request: &Request| {
        let last =
            request.messages.iter().last().map(|message| message.text().to_owned()).unwrap_or_default();
        let reply = if last.contains("[[ ## code ## ]]") {
            code("llm_query one\nllm_query two") + "\n[[ ## done ## ]]\nfalse"
        } else if last.contains("[[ ## answer ## ]]") {
            "[[ ## answer ## ]]\na".into()
        } else {
            word("a") + "\n[[ ## count ## ]]\n1\n[[ ## worst ## ]]\nnull"
        };
        (Duration::ZERO, Ok(Response::new(reply)))
    })
}

#[test]
fn giving_programs_up_at_any_time_leaves_the_books_right() {
    given_up_after_each_poll(model, |cx| {
        async move { ProgramOfThought::<Answer>::new(Calls).call(cx, question()).await.map(drop) }.boxed()
    });
    given_up_after_each_poll(model, |cx| {
        async move { CodeAct::<Answer>::new(Calls).turns(2).call(cx, question()).await.map(drop) }.boxed()
    });
    given_up_after_each_poll(model, |cx| {
        async move { Rlm::<Complaints>::new(Calls).turns(2).call(cx, input()).await.map(drop) }.boxed()
    });
}

#[tokio::test]
async fn a_run_that_is_given_up_stops_and_the_session_goes_on() {
    let limits = Limits { time: Duration::from_secs(60), ..Limits::default() };
    let mut session = Python::new().open(&limits).expect("it opens");
    for code in ["x = 1\nwhile True: x += 1", "x = 1\nwhile True: sorted(range(1000))"] {
        let began = Instant::now();
        let run = session.run(code, Record::new(), &NoFunctions);
        tokio::time::timeout(Duration::from_millis(30), run).await.expect_err("it has no end");
        let ran = session.run("x > 0", Record::new(), &NoFunctions).await.expect("it is free again");
        assert_eq!(ran.value.as_deref(), Some("True"));
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}

/// A host that never answers.
struct Never;

impl Host for Never {
    fn functions(&self) -> Vec<String> {
        vec!["never".into()]
    }

    fn call<'a>(
        &'a self,
        _: &'a str,
        _: Vec<Value>,
        _: Map<String, Value>,
    ) -> BoxFuture<'a, Result<HostReply>> {
        std::future::pending().boxed()
    }
}

#[tokio::test]
async fn a_run_that_waits_for_the_host_can_be_given_up() {
    let mut session = Python::new().open(&Limits::default()).expect("it opens");
    let run =
        session.run("x = 1\ntry:\n    never()\nexcept BaseException:\n    x = 2", Record::new(), &Never);
    tokio::time::timeout(Duration::from_millis(30), run).await.expect_err("it waits");
    let ran = session.run("x", Record::new(), &NoFunctions).await.expect("it is free again");
    assert_eq!(ran.value.as_deref(), Some("1"), "nothing ran on");
}

#[tokio::test]
async fn many_sessions_run_at_the_same_time() {
    let runs = (0..16).map(|n| async move {
        let mut session = Python::new().open(&Limits::default()).expect("it opens");
        let code = format!("total = 0\nfor i in range(2000): total += i * {n}\ntotal");
        session.run(&code, Record::new(), &NoFunctions).await.expect("it runs").value
    });
    let values = futures_util::future::join_all(runs).await;
    let expected: Vec<_> = (0..16).map(|n| Some((1_999_000 * n).to_string())).collect();
    assert_eq!(values, expected);
}

#[tokio::test]
async fn a_budget_and_a_trace_are_those_of_the_call() {
    let cx = Context::new(dspy::Lm::from(model()));
    let reply = Rlm::<Complaints>::new(Calls).turns(1).call(&cx, input()).await.expect("it answers");
    assert_eq!(reply.usage(), cx.usage());
    assert_eq!(reply.usage().calls, 4, "a turn, two sub-calls and the extraction");
}
