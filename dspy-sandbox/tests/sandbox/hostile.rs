//! Programs that want more than they may.

use std::time::{Duration, Instant};

use dspy_sandbox::{Limit, Limits, Order};

use crate::session::{Session, Shown, run, tight};

/// Runs each program in a session of its own, which must meet the limit soon and go on after it.
fn all_meet(limit: Limit, programs: &[&str]) {
    let time = if limit == Limit::Time { Duration::from_millis(300) } else { tight().time };
    for code in programs {
        let session = Session::open(Limits { time, ..tight() });
        let began = Instant::now();
        let ran = session.run(code);
        assert_eq!(ran.limit(), Some(limit), "{code}: {ran:?}");
        // The limit, and what a machine that is busy may take.
        assert!(began.elapsed() < time + Duration::from_secs(5), "{code} took {:?}", began.elapsed());
        let ran = session.run("a = d = f = s = x = e = g = b = None\n'alive'");
        assert_eq!(ran.value.as_deref(), Some("'alive'"), "after {code}");
    }
}

#[test]
fn no_loop_goes_on_for_longer_than_it_may() {
    let programs = [
        "while True: pass",
        "while True:\n  try:\n    while True: 1 / 0\n  except: pass",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass\n  finally: pass",
        "for i in range(10**18): i",
        "sum(range(10**12))",
        "any(x < 0 for x in range(10**12))",
        "10**12 - 1 in iter(range(10**12))",
        "a = [0] * 1000\nwhile True: a.sort(); a.count(1); a == a[:]",
        "a = 'a' * 10**6\nwhile True: a.count('b'); a.find('b'); a.upper()",
        "import re\nwhile True: re.compile('a{1,500}')",
        "import re\nt = 'a' * 1000\nwhile True: re.search('(a*)*b', t)",
        "import json\nt = '[' + '1,' * 10000 + '1]'\nwhile True: json.loads(t)",
        "x = 3 ** 50000\nwhile True: x * x // x % 7",
        "import math\nwhile True: math.factorial(2000)",
        "def f(n):\n  for i in range(100): f(n - 1) if n else 0\nf(100)",
    ];
    all_meet(Limit::Time, &programs);
}

#[test]
fn no_value_grows_larger_than_it_may() {
    let programs = [
        "a = []\nwhile True: a.append('x' * 1000)",
        "a = [1]\nwhile True: a = a + a",
        "a = [1]\nwhile True: a += a",
        "a = [1]\nwhile True: a.extend(a)",
        "d, i = {}, 0\nwhile True: d[i] = str(i); i += 1",
        "{i for i in range(10**9)}",
        "{i: i for i in range(10**9)}",
        "a = []\nwhile True: a = [a]",
        "a = ()\nwhile True: a = (a, a)",
        "a = {}\nwhile True: a = {'a': a}",
        "f = 1\nwhile True: f = lambda g=f: g",
        "s = 'x' * 10**10",
        "s = 'a'\nwhile True: s += s",
        "[0] * 10**10",
        "[[0] * 1000 for _ in range(10**6)]",
        "list(range(10**12))",
        "sorted(range(10**9))",
        "'x'.ljust(10**12)",
        "('a' * 10**5).replace('a', 'b' * 10**5)",
        "','.join(['a' * 10**5] * 10**5)",
        "'a,' * 10**5 + ('a,' * 10**6).split(',')[0] * 10**9",
        "a = (0,) * 1000\nfor i in range(3): a = (a,) * 1000\n{a: 1}",
        "a = (0,) * 100\nb = {(a, i): 1 for i in range(10**6)}",
        "(',' * 10**6).split(',')",
        "('\\n' * 10**6).splitlines()",
        "('a ' * 10**6).split()",
        "a = []\nwhile True: b = []; b.append(b); a = b",
        "import itertools\nlist(itertools.product(range(100), repeat=20))",
        "import itertools\nlist(itertools.permutations(range(20)))",
        "import json\njson.loads('[' + '[],' * 300000 + '1]')",
        "import re\nre.findall('x*', 'y' * 10**6)",
        "x = [[0] * 100] * 100\nstr([x] * 1000)",
        "e = ValueError()\nwhile True: e = ValueError(e)",
        "g = iter([1])\nwhile True: g = map(abs, g)",
    ];
    all_meet(Limit::Memory, &programs);
}

#[test]
fn nothing_is_deeper_than_it_may_be() {
    let programs = [
        "def f(n): return f(n + 1)\nf(0)",
        "def f():\n  try: f()\n  except: f()\n  finally: f()\nf()",
        "f = lambda x: [f(y) for y in [x]]\nf(0)",
        "f = lambda: sorted([1, 2], key=lambda x: f())\nf()",
        "x = []\nfor i in range(20000): x = [x]\nstr(x)",
        "x = []\nx.append(x)\nstr(x)",
        "x, y = [], []\nx.append(y)\ny.append(x)\nx == y",
        "x, y = [], []\nfor i in range(20000): x, y = [x], [y]\nx < y",
        "g = iter([1])\nfor i in range(20000): g = map(lambda x: x, g)\nnext(g)",
        "import json\nx = []\nfor i in range(20000): x = [x]\njson.dumps(x)",
    ];
    all_meet(Limit::Recursion, &programs);
    let deep = "x = 0\nfor i in range(100000): x = [x]\nx = 0\n'dropped'";
    assert_eq!(run(deep).value.as_deref(), Some("'dropped'"), "what is deep is dropped without recursion");
}

#[test]
fn what_is_read_is_not_deeper_or_longer_than_it_may_be() {
    for code in [
        format!("{}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        "[".repeat(10_000),
        "f(".repeat(10_000),
        "{1:".repeat(10_000),
        "lambda: ".repeat(10_000),
        "not ".repeat(10_000),
        "-".repeat(10_000),
        "1**".repeat(10_000) + "1",
        "1+".repeat(10_000) + "1",
        "x = ".repeat(10_000) + "1",
        "1 if 1 else ".repeat(10_000) + "1",
        "a".to_owned() + &".a".repeat(10_000),
        "a".to_owned() + &"[0]".repeat(10_000),
        (0..1_000).map(|depth| format!("{}if 1:\n", " ".repeat(depth))).collect(),
        "f'{".repeat(1_000),
        "#".repeat(300_000),
        "9".repeat(5_000),
        "\u{0}".to_owned(),
    ] {
        let ran = run(&code);
        assert_eq!(ran.raised(), Some("SyntaxError"), "{code:.40}");
    }
}

#[test]
fn numbers_and_patterns_are_bounded_where_they_would_take_long() {
    for (code, kind) in [
        ("2 ** 10**9", "OverflowError"),
        ("1 << 10**9", "OverflowError"),
        ("x = 7\nwhile True: x = x * x", "OverflowError"),
        ("import math\nmath.factorial(10**9)", "OverflowError"),
        ("pow(3**50000, 3**50000, 3**50000 + 1)", "OverflowError"),
        ("str(10**70000)", "ValueError"),
        ("int('9' * 10000)", "ValueError"),
        ("float('1' * 10**6)", "ValueError"),
        ("f'{1:>1000000000}'", "ValueError"),
        ("'%1000000000d' % 5", "ValueError"),
        ("import re\nre.search('(a|a)*' * 50 + 'b', 'a' * 5 * 10**6)", "error"),
        ("import re\nre.compile('((a{100}){100}){100}')", "error"),
        ("import re\nre.compile('()' * 5000)", "error"),
        ("import json\njson.loads('[' * 100000)", "JSONDecodeError"),
    ] {
        let ran = run(code);
        assert_eq!(ran.raised(), Some(kind), "{code}: {ran:?}");
    }
}

#[test]
fn nothing_outside_can_be_reached() {
    for code in [
        "open('/etc/passwd')",
        "import os",
        "import sys",
        "import subprocess",
        "import socket",
        "from pathlib import Path",
        "import collections.os",
        "from math import os",
        "__import__('os')",
        "eval('1')",
        "exec('1')",
        "compile('1', '', 'eval')",
        "globals()",
        "getattr(1, '__class__')",
        "input()",
        "breakpoint()",
        "().__class__.__bases__[0].__subclasses__()",
        "print.__self__",
        "(lambda: 0).__globals__",
        "'{0.__class__}'.format(1)",
        "print('x', file=1)",
        "import importlib",
        "import ctypes",
        "import time",
        "import random",
    ] {
        let ran = run(code);
        assert!(ran.raised().is_some(), "{code} did something: {ran:?}");
    }
}

#[test]
fn a_flood_of_output_is_cut_where_it_may_not_go_on() {
    for code in ["while True: print('é' * 999)", "print('x' * 100000)", "'x' * 100000"] {
        let ran = run(code);
        assert_eq!(ran.limit(), Some(Limit::Output), "{code}");
        assert!(ran.printed.len() <= 10_000, "{code}");
    }
}

#[test]
fn inputs_count_too() {
    let mut order = Order::new("1");
    order.inputs.insert("text".to_owned(), "x".repeat(20 << 20).into());
    let ran = Session::open(tight()).order(order);
    assert_eq!(ran.limit(), Some(Limit::Memory));
}

#[test]
fn memory_that_is_let_go_can_be_taken_again() {
    let code = "for i in range(50):\n  a = ['x' * 100] * 100000\n  d = {i: str(i) for i in range(5000)}\n  a = d = None\n'done'";
    assert_eq!(run(code).value.as_deref(), Some("'done'"));
}
