//! Sessions of the embedded Python: what lives on in one, what errors say, and calls of the host.

use std::time::Duration;

use dspy::code::{Host, HostReply, Interpreter, Limits, NoFunctions, Python};
use dspy::data::Record;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::{One, run, shown};

over_every_interpreter!(
    variables_functions_and_imports_live_on_in_a_session,
    functions_of_the_host_are_waited_for,
    waiting_for_the_host_is_not_the_time_of_the_code,
);

async fn variables_functions_and_imports_live_on_in_a_session(python: impl Interpreter + Clone + 'static) {
    let mut session = python.open(&Limits::default()).expect("it opens");
    let inputs =
        Record::from_iter([("text", json!("a b")), ("rows", json!([{"n": 1.5, "ok": true, "none": null}]))]);
    let first = "import math\ndef double(x):\n    return x * 2\nrows[0]['n']";
    let ran = session.run(first, inputs, &NoFunctions).await.expect("it runs");
    assert_eq!(ran.value.as_deref(), Some("1.5"));
    let second = "text += '!'\n(double(text), math.floor(rows[0]['n']), rows[0]['ok'], rows[0]['none'])";
    let ran = session.run(second, Record::new(), &NoFunctions).await.expect("it runs");
    assert_eq!(ran.value.as_deref(), Some("('a b!a b!', 1, True, None)"));
    let mut other = python.open(&Limits::default()).expect("it opens");
    let ran = other.run("text", Record::new(), &NoFunctions).await.expect("it runs");
    assert_eq!(ran.error.expect("nothing is shared").kind(), "NameError");
}

#[tokio::test]
async fn errors_are_short_and_name_their_line() {
    for (code, expected) in [
        ("x = 1\ny = x / 0", "ZeroDivisionError in line 2: division by zero"),
        ("def f():\n    return {}['k']\nf()", "KeyError in line 2: 'k'"),
        ("if True:\npass", "SyntaxError in line 2: expected an indented block"),
        ("x = [1, 2\ny = 3", "SyntaxError in line 2: expected `]`, found `y`"),
        ("'a' + 1", "TypeError in line 1: unsupported operand types for +: 'str' and 'int'"),
        (
            "'a'.uper()",
            "AttributeError in line 1: 'str' object has no attribute 'uper' here; did you mean 'upper'?",
        ),
        ("json.dumps(1)", "NameError in line 1: name 'json' is not defined; write `import json` first"),
        (
            "class A:\n    pass",
            "SyntaxError in line 1: classes are not there; use dictionaries and functions",
        ),
        (
            "def f():\n    yield 1",
            "SyntaxError in line 2: generators with `yield` are not there; give a list back",
        ),
        (
            "import numpy as np",
            "ModuleNotFoundError in line 1: there is no module 'numpy' here; use lists and `math`; there are collections, functools, itertools, json, math, re, statistics, string, typing",
        ),
        (
            "import re\nre.search('(?=a)', 'a')",
            "error in line 2: look-around is not supported; looking ahead or behind is not there",
        ),
    ] {
        let found = shown(&Python::new(), code).await;
        assert_eq!(found, expected, "{code}");
    }
    let ran = run(&Python::new(), "print('before')\nraise ValueError('x' * 2000)").await;
    assert_eq!(ran.printed, "before\n");
    assert!(ran.error.expect("it fails").message().chars().count() <= 501, "it is cut");
    let mut session = Python::new().open(&Limits::default()).expect("it opens");
    session.run("\n\n\ndef f():\n    return 1 / 0", Record::new(), &NoFunctions).await.expect("it runs");
    let ran = session.run("f()", Record::new(), &NoFunctions).await.expect("it runs");
    assert_eq!(
        ran.error.expect("it fails").line(),
        Some(1),
        "a line of this code, not of that of another run"
    );
}

/// Gives what it is called with, and does what its other functions say.
struct Echo;

impl Host for Echo {
    fn functions(&self) -> Vec<String> {
        ["echo", "fail", "end", "broke"].map(str::to_owned).into()
    }

    fn call<'a>(
        &'a self,
        name: &'a str,
        args: Vec<Value>,
        named: Map<String, Value>,
    ) -> BoxFuture<'a, dspy::Result<HostReply>> {
        async move {
            tokio::task::yield_now().await;
            Ok(match name {
                "echo" => HostReply::Value(json!([args, named])),
                "fail" => HostReply::Raise("no".into()),
                "end" => HostReply::Finish(args.into_iter().next().unwrap_or_default()),
                _ => return Err(dspy::Error::new(dspy::ErrorKind::Budget, "spent")),
            })
        }
        .boxed()
    }
}

async fn functions_of_the_host_are_waited_for(python: impl Interpreter + Clone + 'static) {
    let mut session = python.open(&Limits::default()).expect("it opens");
    let code = "f = echo\n[f(x, k=(x, None)) for x in [1, 'a']]";
    let ran = session.run(code, Record::new(), &Echo).await.expect("it runs");
    assert_eq!(ran.value.as_deref(), Some("[[[1], {'k': [1, None]}], [['a'], {'k': ['a', None]}]]"));
    let code = "try:\n    fail()\nexcept RuntimeError as e:\n    print('caught', e)\nfail()";
    let ran = session.run(code, Record::new(), &Echo).await.expect("it runs");
    assert_eq!(ran.to_string(), "caught no\nRuntimeError in line 5: no");
    let code = "try:\n    end({'a': 1})\nexcept BaseException:\n    print('caught')\nprint('after')";
    let ran = session.run(code, Record::new(), &Echo).await.expect("it runs");
    assert_eq!((ran.submitted, ran.printed.as_str()), (Some(json!({"a": 1})), ""), "nothing catches the end");
    let code = "try:\n    broke()\nexcept BaseException:\n    pass";
    let error = session.run(code, Record::new(), &Echo).await.expect_err("no code can mend it");
    assert!(error.is_budget());
    let ran = session.run("echo({1, 2})", Record::new(), &Echo).await.expect("it runs");
    assert_eq!(ran.error.expect("a set is no JSON").kind(), "TypeError");
    let ran = session.run("echo(float('nan'))", Record::new(), &Echo).await.expect("it runs");
    assert_eq!(ran.error.expect("nor is this").kind(), "ValueError");
}

#[tokio::test]
async fn a_generator_asks_only_as_often_as_it_is_asked() {
    let mut session = Python::new().open(&Limits::default()).expect("it opens");
    let code = "asked = []\nnext(x for x in range(10) if (asked.append(x), echo(x)[0][0] == 2)[1])\nasked";
    let ran = session.run(code, Record::new(), &Echo).await.expect("it runs");
    assert_eq!(ran.value.as_deref(), Some("[0, 1, 2]"));
}

async fn waiting_for_the_host_is_not_the_time_of_the_code(python: impl Interpreter + Clone + 'static) {
    let host = One("wait", || {
        async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            Ok(HostReply::Value(Value::Null))
        }
        .boxed()
    });
    let limits = Limits { time: Duration::from_millis(100), ..Limits::default() };
    let mut session = python.open(&limits).expect("it opens");
    let ran = session.run("wait()\n1", Record::new(), &host).await.expect("it runs");
    assert_eq!(ran.value.as_deref(), Some("1"));
}
