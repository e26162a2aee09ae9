//! The table of what each interpreter runs, from which models are told and the documentation is made.

use dspy::code::dialect::{CONSTRUCTS, Dialect, MODULES, PYTHON, markdown};
use dspy::code::{HostReply, Interpreter, Python};
use dspy::data::Record;
use expect_test::expect_file;
use futures_util::FutureExt;
use futures_util::future::ready;

use super::{One, run, shown, tight};

/// Compares the table with what runs, all of it.
async fn agrees(python: &dyn Interpreter, dialect: &Dialect) {
    let mut wrong = Vec::new();
    for construct in CONSTRUCTS {
        let mut session = python.open(&tight()).expect("it opens");
        let host = One("ask", || ready(Ok(HostReply::Value(true.into()))).boxed());
        let ran = session.run(construct.probe, Record::new(), &host).await.expect("the session holds");
        if ran.error.is_none() != dialect.runs(construct) {
            wrong.push(format!("{}: {ran}", construct.name));
        }
    }
    for module in MODULES {
        for item in module.items {
            let ran = run(python, &format!("from {} import {item}\n{item}", module.name)).await;
            if ran.error.is_none() != dialect.has(module).contains(item) {
                wrong.push(format!("{}.{item}: {ran}", module.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_embedded_python_runs_what_the_table_says() {
    agrees(&Python::new(), &PYTHON).await;
}

#[cfg(feature = "monty")]
#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn monty_runs_what_the_table_says() {
    agrees(&super::monty(), &dspy::code::dialect::MONTY).await;
}

/// `UPDATE_EXPECT=1` writes it anew.
#[test]
fn the_documentation_shows_the_table() {
    expect_file!["../../../dspy-runtime/src/code/dialect/table.md"].assert_eq(&markdown());
}

#[test]
fn models_are_told_what_is_missing_and_what_can_be_imported() {
    let manual = PYTHON.manual();
    for said in
        ["without classes, ", "`yield`", "collections (Counter, defaultdict, OrderedDict), ", "statistics"]
    {
        assert!(manual.contains(said), "{said}: {manual}");
    }
    assert!(!manual.contains("comprehensions") && !manual.contains("random"), "{manual}");
}

/// Each line of what cannot run says what to write instead.
async fn an_error_names_its_line_and_what_works(python: &dyn Interpreter, cases: &[(&str, &str)]) {
    for (code, expected) in cases {
        assert_eq!(shown(python, code).await, *expected, "{code}");
    }
}

#[tokio::test]
async fn errors_of_the_embedded_python_say_what_works() {
    let cases = [
        (
            "1\n@wrap\ndef f(): pass",
            "SyntaxError in line 2: decorators are not there; wrap by hand: f = wrap(f)",
        ),
        ("with f() as x:\n    x", "SyntaxError in line 1: `with` is not there; write the block without it"),
        ("match 1:\n    case 1: 2", "SyntaxError in line 1: `match` is not there; use if and elif"),
        ("x = 1 + 2j", "SyntaxError in line 1: complex numbers are not there; keep two floats"),
        (
            "import random",
            "ModuleNotFoundError in line 1: there is no module 'random' here; compute all cases, or a seed of your own: \
             `seed = seed * 48271 % 2147483647`; there are collections, functools, itertools, json, math, re, statistics, \
             string, typing",
        ),
        ("if __name__ == '__main__':\n    print('yes')", "yes"),
    ];
    an_error_names_its_line_and_what_works(&Python::new(), &cases).await;
}

#[cfg(feature = "monty")]
#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn errors_of_monty_say_what_works() {
    let there = "there are collections, dataclasses, datetime, functools, itertools, json, math, re, typing";
    let random = format!(
        "ModuleNotFoundError in line 1: there is no module 'random' here; compute all cases, or a seed of your own: \
         `seed = seed * 48271 % 2147483647`; {there}"
    );
    let cases = [
        (
            "1\nclass E(ValueError): pass",
            "NotImplementedError in line 2: inheritance of classes and own exceptions: not there; write one class, and raise `ValueError`",
        ),
        ("def f():\n    yield 1", "NotImplementedError in line 2: `yield`: not there; give a list back"),
        ("'%d' % 1", "TypeError in line 1: `%` between text and values: not there; use an f-string"),
        (
            "from itertools import product",
            "ImportError in line 1: cannot import name 'product' from 'itertools'; there are accumulate, chain, count, cycle, islice, repeat, zip_longest",
        ),
        (
            "import math\nmath.prod([1])",
            "AttributeError in line 2: module 'math' has no attribute 'prod'; there are ceil, comb, exp, factorial, floor, gcd, inf, isclose, isqrt, lcm, log, log10, log2, perm, pi, pow, sqrt",
        ),
        (
            "open('/etc/passwd')",
            "PermissionError in line 1: `open`: not there; the inputs are variables; there are no files",
        ),
        ("import random", &*random),
    ];
    an_error_names_its_line_and_what_works(&super::monty(), &cases).await;
}
