//! The part of Python that there is means what it means in Python.

use dspy_sandbox::Limits;

use crate::session::{Session, Shown, run, tight};

/// `language.txt` is what CPython 3.11 prints for `language.py`.
#[test]
fn it_prints_what_cpython_prints() {
    let session = Session::open(Limits { output: 1 << 16, ..tight() });
    let ran = session.run(include_str!("language.py"));
    assert_eq!(ran.failure, None);
    let lines = ran.printed.lines().zip(include_str!("language.txt").lines());
    for (line, (found, expected)) in lines.enumerate() {
        assert_eq!(found, expected, "line {} of the output", line + 1);
    }
    assert_eq!(ran.printed, include_str!("language.txt"));
}

#[test]
fn functions_take_what_they_take_and_no_more() {
    for (code, kind) in [
        ("abs()", "TypeError"),
        ("abs(1, 2)", "TypeError"),
        ("len([], key=1)", "TypeError"),
        ("import math\nmath.sin('x')", "TypeError"),
        ("import math\nmath.sqrt(-1)", "ValueError"),
        ("import math\nmath.exp(1e9)", "OverflowError"),
        ("import math\nmath.fsum([1], 2)", "TypeError"),
        ("import math\nmath.secant(1)", "AttributeError"),
        ("import itertools\nitertools.chain([1], key=2)", "TypeError"),
        ("import itertools\nitertools.islice([1], -1)", "ValueError"),
        ("{}.most_common()", "AttributeError"),
        ("{}.get()", "TypeError"),
        ("{}.popitem()", "KeyError"),
        ("hash(1)", "NotImplementedError"),
    ] {
        let ran = run(code);
        assert_eq!(ran.raised(), Some(kind), "{code}: {ran:?}");
    }
}

#[test]
fn every_function_of_a_module_is_found() {
    let code = "import math, itertools\nfrom collections import Counter\n\
                print(math.comb(5, 2), math.perm(5, 2), math.gcd(12, 18), math.lcm(4, 6), math.isqrt(17))\n\
                print(math.ceil(1.2), math.floor(-1.2), math.trunc(-1.7), math.log2(8), math.log10(10 ** 400))\n\
                print(math.prod([2, 3], start=2), math.fsum([0.1] * 10), math.pow(2, 3), math.fmod(-7, 3))\n\
                print(list(itertools.product('ab', repeat=2)), list(itertools.zip_longest([1], [2, 3])))\n\
                print([(k, list(g)) for k, g in itertools.groupby('aab')], list(itertools.permutations([1, 2])))\n\
                c = Counter('aab')\nc.subtract('ab')\nprint(c.total(), c.elements(), c.most_common(1))";
    let ran = run(code);
    assert_eq!(ran.failure, None);
    let expected = "10 20 6 12 4\n2 -2 -1 3.0 400.0\n12 1.0 8.0 -1.0\n\
                    [('a', 'a'), ('a', 'b'), ('b', 'a'), ('b', 'b')] [(1, 2), (None, 3)]\n\
                    [('a', ['a', 'a']), ('b', ['b'])] [(1, 2), (2, 1)]\n1 ['a'] [('a', 1)]\n";
    assert_eq!(ran.printed, expected);
}

#[test]
fn a_program_is_the_one_that_is_run() {
    let ran = run("if __name__ == '__main__':\n    print(__name__)");
    assert_eq!((ran.printed.as_str(), ran.failure), ("__main__\n", None));
}

#[test]
fn what_is_not_there_says_what_to_write_instead() {
    for (code, said) in [
        ("@wrap\ndef f(): pass", "wrap by hand: f = wrap(f)"),
        ("with f() as x:\n    x", "write the block without it"),
        ("match x:\n    case 1: 2", "use if and elif"),
        ("1 + 2j", "keep two floats"),
        ("eval('1')", "write the code itself"),
        ("getattr(1, 'x')", "use a dictionary"),
        ("super()", "use dictionaries and functions"),
    ] {
        let ran = run(code);
        let Some(dspy_sandbox::Failure::Raised { message, .. }) = &ran.failure else {
            panic!("{code}: {ran:?}");
        };
        assert!(message.contains(said), "{code}: {message}");
    }
}
