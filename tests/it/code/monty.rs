//! What holds for workers alone: they are shared, lost and replaced, and an error says where to get one.

use std::time::Duration;

use dspy::ErrorKind;
use dspy::code::{HostReply, Interpreter, Limit, Limits, Monty, NoFunctions, Session};
use dspy::data::Record;
use futures_util::FutureExt;
use futures_util::future::{join_all, ready};
use serde_json::json;

use super::{One, monty, tight};

async fn value(session: &mut dyn Session, code: &str) -> Option<String> {
    let ran = session.run(code, Record::new(), &NoFunctions).await.expect("the session holds");
    assert_eq!(ran.error, None, "{code}");
    ran.value
}

/// The process of a session's worker.
fn process(session: &dyn Session) -> u32 {
    let shown = format!("{session:?}");
    let number = shown.split_once("worker: Some(").and_then(|(_, rest)| rest.split_once(')'));
    number.expect("it has a worker").0.parse().expect("a number")
}

fn kill(process: u32) {
    let killed = std::process::Command::new("kill").args(["-9", &process.to_string()]).status();
    assert!(killed.expect("it starts").success());
}

#[test]
fn a_missing_worker_is_an_error_that_says_how_to_get_it() {
    let error = Monty::new().worker("/no/such/monty").open(&Limits::default()).expect_err("it is missing");
    let text = error.to_string();
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
    for said in ["/no/such/monty", "pip install pydantic-monty-runtime==0.0.23", "cargo install", "MONTY_BIN"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[tokio::test]
async fn a_program_that_is_no_worker_is_an_error_that_says_how_to_get_one() {
    let mut session = Monty::new().worker("/bin/true").open(&Limits::default()).expect("it is a program");
    let error = session.run("1", Record::new(), &NoFunctions).await.expect_err("it says nothing");
    assert!(error.to_string().contains("pip install"), "{error}");
    assert_eq!(Monty::new().worker("/bin/true").version(), None);
}

#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn the_worker_is_of_the_version_that_is_spoken() {
    assert_eq!(monty().version().as_deref(), Some("0.0.23"));
}

#[test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
fn programs_that_name_no_interpreter_have_monty_where_it_is_found() {
    use dspy::module::Build as _;
    let program = dspy::code::ProgramOfThought::<crate::strategies::Answer>::build();
    assert_eq!(program.runs().interpreter().manual(), monty().manual());
    assert!(
        monty().manual().contains("without inheritance of classes") && monty().manual().contains("datetime")
    );
}

#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn a_worker_that_is_killed_is_an_error_and_another_takes_its_place() {
    let limits = Limits { time: Duration::from_secs(60), ..tight() };
    let mut session = monty().open(&limits).expect("it opens");
    let inputs = Record::from_iter([("n", 41)]);
    let ran = session.run("m = n + 1\nm", inputs, &NoFunctions).await.expect("it runs");
    assert_eq!(ran.value.as_deref(), Some("42"));
    kill(process(&*session));
    let ran = session.run("m", Record::new(), &NoFunctions).await.expect("an error of the run");
    let error = ran.error.expect("the worker is gone");
    assert_eq!((error.kind(), error.limit()), ("WorkerError", None));
    assert!(
        error.message().contains("variables of earlier code are lost, the inputs are set again"),
        "{error}"
    );
    assert_eq!(value(&mut *session, "n").await.as_deref(), Some("41"));
    let ran = session.run("m", Record::new(), &NoFunctions).await.expect("it runs");
    assert_eq!(ran.error.expect("it was a variable of code").kind(), "NameError");
}

#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn a_worker_that_is_killed_while_it_runs_is_an_error_at_once() {
    let limits = Limits { time: Duration::from_secs(60), ..tight() };
    let mut session = monty().open(&limits).expect("it opens");
    value(&mut *session, "1").await;
    let process = process(&*session);
    // The host is asked in the middle of the run.
    let host = One("ask", move || {
        kill(process);
        ready(Ok(HostReply::Value(json!(1)))).boxed()
    });
    let ran =
        session.run("ask()\nwhile True: pass", Record::new(), &host).await.expect("an error of the run");
    assert_eq!(ran.error.expect("the worker is gone").kind(), "WorkerError");
    assert_eq!(value(&mut *session, "2 + 2").await.as_deref(), Some("4"));
}

#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn workers_that_die_while_they_are_free_are_replaced() {
    let monty = monty();
    let mut sessions = Vec::new();
    for _ in 0..3 {
        let mut session = monty.open(&tight()).expect("it opens");
        value(&mut *session, "secret = 1").await;
        sessions.push(session);
    }
    let processes: Vec<_> = sessions.iter().map(|session| process(&**session)).collect();
    drop(sessions);
    // The workers are given back by tasks of the runtime; one more session is behind them.
    tokio::task::yield_now().await;
    processes.into_iter().for_each(kill);
    for _ in 0..3 {
        let mut session = monty.open(&tight()).expect("it opens");
        assert_eq!(value(&mut *session, "1 + 1").await.as_deref(), Some("2"));
    }
}

#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn a_worker_that_serves_again_holds_nothing_of_before() {
    let monty = monty().processes(1);
    let mut session = monty.open(&tight()).expect("it opens");
    value(&mut *session, "secret = 'a'\ndef f(): return secret").await;
    let first = process(&*session);
    drop(session);
    let mut session = monty.open(&tight()).expect("it opens");
    for code in ["secret", "f()"] {
        let ran = session.run(code, Record::new(), &NoFunctions).await.expect("it runs");
        assert_eq!(ran.error.expect("nothing is left").kind(), "NameError");
    }
    assert_eq!(process(&*session), first, "the only worker");
}

#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn sessions_beyond_the_workers_wait_and_not_for_ever() {
    let monty = monty().processes(2);
    let runs = (0..12).map(|n| {
        let monty = monty.clone();
        async move {
            let mut session = monty.open(&tight()).expect("it opens");
            value(&mut *session, &format!("sum(i * {n} for i in range(1000))")).await
        }
    });
    let expected: Vec<_> = (0..12).map(|n| Some((499_500 * n).to_string())).collect();
    assert_eq!(join_all(runs).await, expected);

    let monty = monty.processes(1).wait(Duration::from_millis(50));
    let mut first = monty.open(&tight()).expect("it opens");
    value(&mut *first, "1").await;
    let mut second = monty.open(&tight()).expect("it opens");
    let error = second.run("1", Record::new(), &NoFunctions).await.expect_err("the worker is taken");
    assert!(error.to_string().contains("Monty::processes"), "{error}");
}

#[test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
fn workers_are_there_in_each_runtime() {
    let monty = monty();
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut session = monty.open(&tight()).expect("it opens");
            assert_eq!(value(&mut *session, "1 + 1").await.as_deref(), Some("2"));
        });
    }
}

#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn calls_of_the_host_are_counted() {
    let host = One("nothing", || ready(Ok(HostReply::Raise("no".into()))).boxed());
    let mut session = monty().open(&tight()).expect("it opens");
    for (caught, kept) in [("Exception", Some("101")), ("BaseException", None)] {
        let code = format!("n = 0\nwhile True:\n  try:\n    n += 1\n    nothing()\n  except {caught}: pass");
        let ran = session.run(&code, Record::new(), &host).await.expect("the session holds");
        assert_eq!(ran.error.and_then(|error| error.limit()), Some(Limit::Calls));
        let ran = session.run("n", Record::new(), &NoFunctions).await.expect("the session holds");
        assert_eq!(ran.value.as_deref(), kept, "what catches the end is ended with its variables");
    }
}

#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn values_come_and_go_as_json() {
    let host = One("same", || ready(Ok(HostReply::Value(json!({"big": u64::MAX, "half": 0.5})))).boxed());
    let mut session = monty().open(&tight()).expect("it opens");
    let inputs =
        Record::from_iter([("given", json!({"big": u64::MAX, "none": null, "all": [true, -1, 0.5, "ä"]}))]);
    let ran = session.run("(given, same() == {'big': 2 ** 64 - 1, 'half': 0.5})", inputs, &host).await;
    let shown = ran.expect("it runs").value;
    let expected = "({'big': 18446744073709551615, 'none': None, 'all': [True, -1, 0.5, 'ä']}, True)";
    assert_eq!(shown.as_deref(), Some(expected));
    for (code, kind) in
        [("same(2 ** 64)", "ValueError"), ("same({1})", "TypeError"), ("same({(1, 2): 3})", "TypeError")]
    {
        let ran = session.run(code, Record::new(), &host).await.expect("it runs");
        assert_eq!(
            ran.error.as_ref().map(|error| (error.kind(), error.line())),
            Some((kind, Some(1))),
            "{code}"
        );
    }
}
