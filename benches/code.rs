//! What the interpreters of models' code cost: `cargo bench --bench code --features monty`.
//!
//! `Monty` is left out without the feature, and where its worker is not found.

use std::time::{Duration, Instant};

use dspy::code::{Interpreter, Limits, NoFunctions, Python, Session};
use dspy::data::Record;
use futures_util::stream::{self, StreamExt as _};

/// A piece of code as models write it, of some thousand steps.
const CODE: &str = "words = {}\nfor i in range(1000):\n    word = f'w{i % 7}'\n    words[word] = words.get(word, 0) + i\nsorted(words.items())[0]";

#[tokio::main]
async fn main() {
    println!("| interpreter | first session | a session | a run | 1,000 sessions, 16 in flight | memory |");
    println!("|---|---|---|---|---|---|");
    measure("Python", &Python::new()).await;
    #[cfg(feature = "monty")]
    {
        let monty = dspy::code::Monty::new();
        match monty.version() {
            Some(_) => measure("Monty", &monty).await,
            None => println!("Monty is left out: its worker is not found"),
        }
    }
}

async fn measure(name: &str, interpreter: &dyn Interpreter) {
    let own = resident("self");
    let open = || interpreter.open(&Limits::default()).expect("it opens");
    let begun = Instant::now();
    let mut session = open();
    run(&mut *session, "1").await;
    let first = begun.elapsed();

    // The memory of a session that has run, in its worker if it has one.
    run(&mut *session, CODE).await;
    let shown = format!("{session:?}");
    let worker = shown.split_once("worker: Some(").and_then(|(_, rest)| rest.split_once(')'));
    let memory = match worker {
        Some((process, _)) => resident(process),
        None => resident("self").saturating_sub(own),
    };

    let mut runs = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        run(&mut *session, CODE).await;
        runs.push(begun.elapsed());
    }
    drop(session);
    let mut sessions = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        run(&mut *open(), "1").await;
        sessions.push(begun.elapsed());
        // What is dropped is given back by a task.
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    let all = stream::iter(0..1000).map(|_| async { run(&mut *open(), CODE).await });
    all.buffer_unordered(16).collect::<Vec<()>>().await;
    println!(
        "| {name} | {:.1?} | {:.1?} | {:.1?} | {:.1?} | {:.1} MiB |",
        first,
        median(sessions),
        median(runs),
        begun.elapsed(),
        memory as f64 / 1024.0
    );
}

async fn run(session: &mut dyn Session, code: &str) {
    let ran = session.run(code, Record::new(), &NoFunctions).await.expect("it runs");
    assert_eq!(ran.error, None);
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The resident memory of a process in KiB, where the system tells it.
fn resident(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse().ok()).unwrap_or_default()
}
