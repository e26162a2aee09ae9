//! The lines that are compared with CPython, piece by piece.

use dspy::code::{Interpreter, Limits, NoFunctions, Python};
use dspy::data::Record;

/// A program, and what CPython 3.11 prints for it.
const PROGRAM: &str = include_str!("../../../dspy-sandbox/tests/sandbox/language.py");
const PRINTED: &str = include_str!("../../../dspy-sandbox/tests/sandbox/language.txt");

/// The statements of the program.
fn pieces() -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for line in PROGRAM.lines() {
        let is_inside = |piece: &String| piece.matches("\"\"\"").count() % 2 == 1;
        let goes_on = pieces.last().is_some_and(is_inside)
            || line.is_empty()
            || [" ", "else", "elif", "except", "finally"].iter().any(|word| line.starts_with(word));
        match pieces.last_mut() {
            Some(piece) if goes_on => {
                piece.push('\n');
                piece.push_str(line);
            }
            _ => pieces.push(line.to_owned()),
        }
    }
    pieces
}

/// What each piece shows.
async fn shown(python: &dyn Interpreter) -> Vec<(String, String)> {
    let mut session = python.open(&Limits::default()).expect("it opens");
    let mut shown = Vec::new();
    for piece in pieces() {
        let ran = session.run(&piece, Record::new(), &NoFunctions).await.expect("the session holds");
        let error = ran.error.map(|error| format!("{error}\n")).unwrap_or_default();
        shown.push((piece, ran.printed + &error));
    }
    shown
}

#[tokio::test]
async fn the_embedded_python_prints_what_cpython_prints() {
    let printed: String = shown(&Python::new()).await.into_iter().map(|(_, printed)| printed).collect();
    assert_eq!(printed, PRINTED);
}

/// `UPDATE_EXPECT=1` writes the differences anew.
#[cfg(feature = "monty")]
#[tokio::test]
#[cfg_attr(not(monty_worker), ignore = "needs the worker of Monty: MONTY_BIN, or monty on the PATH")]
async fn monty_prints_what_cpython_prints_but_for_known_differences() {
    let expected = shown(&Python::new()).await;
    let found = shown(&super::monty()).await;
    let mut text = String::new();
    let mut same = 0;
    for ((piece, expected), (_, found)) in expected.iter().zip(&found) {
        if expected == found {
            same += 1;
        } else {
            text += &format!("{piece}\n--- CPython\n{expected}--- Monty\n{found}\n");
        }
    }
    text = format!("{same} of {} pieces are the same.\n\n{text}", expected.len());
    expect_test::expect_file!["monty_differences.txt"].assert_eq(&text);
}
