//! Programs that want more than they may, over every interpreter: each ends within its limits, and the next one runs.

use std::time::{Duration, Instant};

use dspy::code::{Interpreter, Limit, Limits, NoFunctions};
use dspy::data::Record;

use super::tight;

over_every_interpreter!(
    endless_loops_end_in_time,
    memory_is_bounded,
    recursion_is_bounded,
    a_flood_of_output_is_cut,
    nothing_outside_can_be_reached,
    what_is_no_program_is_an_error,
);

/// Runs each program in a session of its own, and another after it in the same: both interpreters go on.
async fn all_meet(python: impl Interpreter, limits: Limits, limit: Limit, programs: &[&str]) {
    for code in programs {
        let began = Instant::now();
        let mut session = python.open(&limits).expect("it opens");
        let ran = session.run(code, Record::new(), &NoFunctions).await.expect("the session holds");
        assert_eq!(
            ran.error.as_ref().and_then(|error| error.limit()),
            Some(limit),
            "{code}: {:?}",
            ran.error
        );
        assert!(ran.printed.len() <= limits.output, "{code}");
        assert!(began.elapsed() < Duration::from_secs(60), "{code}: {:?}", began.elapsed());
        let inputs = Record::from_iter([("x", 41)]);
        let ran = session.run("x + 1", inputs, &NoFunctions).await.expect("the session holds");
        assert_eq!(ran.value.as_deref(), Some("42"), "after {code}: {:?}", ran.error);
    }
}

async fn endless_loops_end_in_time(python: impl Interpreter + Clone + 'static) {
    let programs = [
        "while True: pass",
        "while True:\n  try:\n    while True: 1 / 0\n  except: pass",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass\n  finally: pass",
        "for i in range(10**18): i",
        "sum(range(10**12))",
        "a = [0] * 1000\nwhile True: a.sort(); a.count(1); a == a[:]",
        "a = 'a' * 10**5\nwhile True: a.count('b'); a.find('b'); a.upper()",
        "while True:\n  try: name_that_is_nowhere\n  except NameError: pass",
    ];
    all_meet(python, Limits { time: Duration::from_millis(200), ..tight() }, Limit::Time, &programs).await;
}

async fn memory_is_bounded(python: impl Interpreter + Clone + 'static) {
    let programs = [
        "a = []\nwhile True: a.append('x' * 1000)",
        "a = [1]\nwhile True: a = a + a",
        "a = [1]\nwhile True: a.extend(a)",
        "d, i = {}, 0\nwhile True:\n  d[i] = str(i)\n  i += 1",
        "s = 'x' * 10**10",
        "s = 'a'\nwhile True: s += s",
        "[0] * 10**10",
        "list(range(10**12))",
        "a = []\nwhile True: a = [a]",
        "a = []\nwhile True:\n  try: a.append('x' * 1000)\n  except MemoryError: pass",
    ];
    all_meet(python, tight(), Limit::Memory, &programs).await;
}

async fn recursion_is_bounded(python: impl Interpreter + Clone + 'static) {
    let programs = [
        "def f(n): return f(n + 1)\nf(0)",
        "f = lambda x: [f(y) for y in [x]]\nf(0)",
        "def f(n): return sorted([1, 2], key=lambda x: f(n))\nf(0)",
    ];
    all_meet(python, tight(), Limit::Recursion, &programs).await;
}

async fn a_flood_of_output_is_cut(python: impl Interpreter + Clone + 'static) {
    let programs =
        ["while True: print('é' * 999)", "print('x' * 100000)", "'x' * 100000", "while True: print('')"];
    all_meet(python, tight(), Limit::Output, &programs).await;
}

async fn nothing_outside_can_be_reached(python: impl Interpreter + Clone + 'static) {
    for code in [
        "open('/etc/passwd').read()",
        "import os\nos.environ['PATH']",
        "import os\nos.listdir('/')",
        "import os\nos.system('true')",
        "from pathlib import Path\nPath('/etc/passwd').read_text()",
        "from pathlib import Path\nPath('/tmp/dspy-escape').write_text('x')",
        "import subprocess",
        "import socket",
        "import urllib.request",
        "import ctypes",
        "import importlib",
        "__import__('os').environ['PATH']",
        "eval('1')",
        "exec('1')",
        "input()",
        "().__class__.__bases__[0].__subclasses__()",
        "(lambda: 0).__globals__",
    ] {
        let ran = super::run(&python, code).await;
        assert!(ran.error.is_some(), "{code} did something: {ran:?}");
    }
}

async fn what_is_no_program_is_an_error(python: impl Interpreter + Clone + 'static) {
    for code in [
        "1 +".to_owned(),
        "(".repeat(10_000),
        "9".repeat(10_000),
        "if 1:\npass".to_owned(),
        "\u{0}".to_owned(),
    ] {
        let ran = super::run(&python, &code).await;
        assert!(ran.error.is_some(), "{code:.20} ran: {ran:?}");
    }
}
