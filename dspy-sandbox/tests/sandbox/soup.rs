//! Whatever a program is, it ends within its limits.

use std::time::{Duration, Instant};

use dspy_sandbox::Limits;
use proptest::prelude::*;

use crate::session::{Session, Shown};

const TOKENS: &[&str] = &[
    "if",
    "else",
    "elif",
    "while",
    "for",
    "in",
    "not",
    "and",
    "or",
    "def",
    "return",
    "lambda",
    "try",
    "except",
    "finally",
    "raise",
    "del",
    "global",
    "nonlocal",
    "import",
    "from",
    "as",
    "is",
    "None",
    "True",
    "False",
    "break",
    "continue",
    "pass",
    "assert",
    "x",
    "y",
    "f",
    "print",
    "len",
    "range",
    "list",
    "dict",
    "set",
    "str",
    "int",
    "map",
    "sorted",
    "sum",
    "iter",
    "next",
    "zip",
    "math",
    "json",
    "re",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ".",
    "=",
    "==",
    "!=",
    "<",
    ">",
    "+",
    "-",
    "*",
    "/",
    "//",
    "%",
    "**",
    "<<",
    ">>",
    "&",
    "|",
    "^",
    "~",
    "+=",
    "*=",
    ":=",
    "->",
    "0",
    "1",
    "2",
    "-1",
    "10**9",
    "(-2**63)",
    "(2**63)",
    "2**63-1",
    "1e308",
    "1.5",
    "0x1f",
    "'a'",
    "'é'",
    "\"b\"",
    "f'{x}'",
    "f'{x!r:>{y}}'",
    "r'\\d+'",
    "'''c'''",
    "'%s %d'",
    "'{}'",
    "\n",
    "\n  ",
    "\n    ",
    ";",
    "#",
    "\\",
    "@",
    "yield",
    "class",
    "...",
    "split",
    "join",
    "append",
    "format",
    "items",
    "sort",
    "keys",
];

/// Lines that mean something, for programs that get further.
const LINES: &[&str] = &[
    "x = [1, 2, 3]",
    "y = {'a': x}",
    "def f(a, *b, **c): return (a, b, c)",
    "x.append(x)",
    "x += x",
    "y[1] = f",
    "for i in x: y = [y, i]",
    "while x: x.pop()",
    "print(x, y)",
    "f = lambda *a: a",
    "x = str(y) * 3",
    "x = sorted(x)",
    "y = f(*x)",
    "x = x[::-1]",
    "del x[0]",
    "y = {k: v for k, v in zip(x, x)}",
    "x = x == y",
    "try:\n  f(x)\nexcept Exception as e:\n  print(e)",
    "import math, json, re",
    "x = json.dumps(y)",
    "y = re.findall(r'\\w+', str(x))",
    "x = math.sqrt(len(str(y)))",
    "x = f'{x:>{10}}'",
    "x = '%s' % (x,)",
    "x, *y = x",
    "x = iter(x)",
    "y = list(map(f, x))",
    "x = 2 ** 5000",
    "x = round(-2**63, -2**63)",
    "y = range(-2**63, 2**63 - 1, 2**62)[-1]",
    "x = 1 / 10 ** 320",
    "x = -2**63 // -1 % (2**63 - 1)",
    "x = x * x",
    "x = -x // 7 % 5",
    "x = {1, 2} | {y}",
];

fn programs() -> impl Strategy<Value = String> {
    let soup = prop::collection::vec(prop::sample::select(TOKENS), 0..60).prop_map(|tokens| tokens.join(" "));
    let lines = prop::collection::vec(prop::sample::select(LINES), 0..20).prop_map(|lines| lines.join("\n"));
    prop_oneof![soup, lines, "\\PC{0,80}"]
}

fn ends_within_its_limits(code: &str) {
    let limits =
        Limits { time: Duration::from_millis(100), memory: 4 << 20, recursion: 50, output: 1_000, calls: 10 };
    let session = Session::open(limits);
    let began = Instant::now();
    let ran = session.run(code);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?} for {code}", began.elapsed());
    assert!(ran.printed.len() <= 1_000, "{} bytes for {code}", ran.printed.len());
    let ran = session.run("1 + 1");
    // Memory that its variables hold may leave no room for more.
    assert!(ran.value.as_deref() == Some("2") || ran.limit().is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_program_ends_within_its_limits(code in programs()) {
        ends_within_its_limits(&code);
    }
}
