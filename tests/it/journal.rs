//! Searches that are stopped and go on.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::lm::{Request, Response, Scripted};
use dspy::optimize::Racing;
use dspy::{Budget, Compiled, Context, ErrorKind, RandomSearch, Result};
use serde_json::Value;

use crate::file::File;
use crate::task::{Guess, GuessOutput, Sorter, right, splits};

/// A model whose reply follows from the prompt, with a counter of its calls; some calls fail for good.
fn model() -> (Context, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let model = Scripted::new(move |_, request: &Request| {
        counted.fetch_add(1, Ordering::Relaxed);
        let bytes = request.messages.iter().flat_map(|message| message.text().bytes());
        let sum = bytes.fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into())) >> 7;
        match sum % 9 {
            0 => Err(dspy::Error::new(ErrorKind::Server, "out of order")),
            n => {
                let fruit = ["apple", "banana", "cherry"][n as usize % 3];
                Ok(Response::new(format!("[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\n{fruit}")))
            }
        }
    });
    (Context::new(model), calls)
}

fn search() -> RandomSearch<Guess, GuessOutput> {
    RandomSearch::new(right).candidates(3).max_rounds(2).seed(5).racing(Racing::Halving)
}

async fn compile(optimizer: RandomSearch<Guess, GuessOutput>) -> (Result<Compiled<Sorter>>, usize) {
    let ((cx, calls), splits) = (model(), splits());
    let compiled = optimizer.compile(&cx, Sorter::new(), &splits).await;
    (compiled, calls.load(Ordering::Relaxed))
}

/// Everything that a search comes to, as bytes.
fn bytes(compiled: &Compiled<Sorter>) -> String {
    serde_json::to_string(&(&compiled.candidates, compiled.usage, &compiled.spent)).expect("it is JSON")
}

#[tokio::test]
async fn a_search_that_is_killed_at_any_line_goes_on_to_the_same_bytes_and_pays_nothing_twice() {
    let whole = bytes(&compile(search()).await.0.expect("it runs"));
    let file = File::new("killed.jsonl");
    let (compiled, paid) = compile(search().journal(&file.0)).await;
    assert_eq!(bytes(&compiled.expect("it runs")), whole, "a journal changes nothing");
    let journal = fs::read_to_string(&file.0).expect("it was written");
    let lines: Vec<&str> = journal.lines().collect();
    let calls = |lines: &[&str]| lines.iter().filter(|line| line.contains("\"call\":")).count();
    assert_eq!(calls(&lines), paid, "one line a call");
    for kept in 0..=lines.len() {
        // Cut off in the middle of the next line, as a killed process may leave it.
        let mut left: String = lines[..kept].iter().map(|line| format!("{line}\n")).collect();
        left.extend(lines.get(kept).map(|line| &line[..line.len() / 2]));
        fs::write(&file.0, left).expect("it is ours");
        let (resumed, again) = compile(search().journal(&file.0)).await;
        assert_eq!(bytes(&resumed.expect("it goes on")), whole, "after {kept} lines");
        assert_eq!(calls(&lines[..kept]) + again, paid, "after {kept} lines");
    }
    let decided: Vec<Value> = fs::read_to_string(&file.0)
        .expect("it is there")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("every line is JSON"))
        .filter_map(|mut line| line.get_mut("decision").map(Value::take))
        .collect();
    assert_eq!(decided[0]["name"], "baseline");
    assert_eq!(decided.last().expect("the pick")["rule"], "expected");
}

#[tokio::test]
async fn a_changed_line_is_an_error_and_another_search_too() {
    let file = File::new("changed.jsonl");
    compile(search().journal(&file.0)).await.0.expect("it runs");
    let journal = fs::read_to_string(&file.0).expect("it was written");

    let error = compile(search().seed(6).journal(&file.0)).await.0.expect_err("another seed").to_string();
    assert!(error.contains("is the journal of another search; these differ: seed"), "{error}");

    fs::write(&file.0, journal.replacen("cherry", "banana", 1)).expect("it is ours");
    let error = compile(search().journal(&file.0)).await.0.expect_err("it was changed").to_string();
    assert!(error.contains("is not as it was written; begin a new journal"), "{error}");
}

#[tokio::test]
async fn another_budget_keeps_what_was_paid_for() {
    let file = File::new("budget.jsonl");
    let (small, paid) = compile(search().budget(Budget::calls(120)).journal(&file.0)).await;
    let small = small.expect("it runs");
    assert_eq!(small.termination, dspy::optimize::Termination::BudgetSpent);
    let (large, more) = compile(search().journal(&file.0)).await;
    assert_eq!(bytes(&large.expect("it goes on")), bytes(&compile(search()).await.0.expect("it runs")));
    // The small search may have finished a candidate that the large one drops, so its calls are not all among those.
    let journal = fs::read_to_string(&file.0).expect("it was written");
    let calls: Vec<Value> = journal
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("every line is JSON"))
        .filter_map(|mut line| line.get_mut("call").map(Value::take))
        .collect();
    let distinct: HashSet<String> = calls.iter().map(ToString::to_string).collect();
    assert_eq!((calls.len(), distinct.len()), (paid + more, paid + more), "nothing is paid for twice");
}

#[tokio::test]
async fn a_metric_that_says_otherwise_now_is_found() {
    let file = File::new("metric.jsonl");
    compile(search().journal(&file.0)).await.0.expect("it runs");
    let named = |metric: fn(&Guess, &GuessOutput) -> bool| {
        RandomSearch::new(dspy::evaluate::named("the metric", metric)).candidates(3).journal(&file.0)
    };
    let _ = fs::remove_file(&file.0);
    compile(named(right)).await.0.expect("it runs");
    let error = compile(named(|row, out| !right(row, out))).await.0.expect_err("it is another").to_string();
    assert!(error.contains("the program, its tools or the metric have changed since"), "{error}");
}

#[tokio::test]
async fn two_searches_cannot_share_a_journal() {
    let file = File::new("shared.jsonl");
    let held = fs::File::create(&file.0).expect("it is ours");
    held.lock().expect("nobody has it");
    let error = compile(search().journal(&file.0)).await.0.expect_err("it is taken").to_string();
    assert!(error.contains("is in use by another search"), "{error}");
}
