//! Tasks, agents and searches on a real model: `cargo bench --bench real`.
//!
//! ```console
//! $ DSPY_MODEL=llamacpp/qwen LLAMACPP_BASE_URL=http://127.0.0.1:8080/v1 cargo bench --bench real -- tasks
//! ```
//!
//! `tasks [NAME …]` runs the six tasks of `tasks.rs` with each form, or with those of `--form`, and prints typed share,
//! score, calls, tokens and time a row. `--rows` takes fewer, `--data` other files of the same names, `--replies FILE`
//! writes every reply, `--record FILE` records every exchange for the tests.
//!
//! `agent [native|text] [ID …]` asks an agent with two tools 20 questions, by the protocol that is the model's default
//! or the one that is named; of questions that are named the turns are printed as well.
//! `code [python|monty] [ID …]` has 20 word problems computed by `ProgramOfThought`, and one question about 1,000 lines
//! answered by `Rlm`, over each interpreter that is there; prints the share whose code ran at the first try.
//! `schemas` asks for a value of every kind of type, held to its schema, and prints what came; `types` for a value of
//! each of `--rows` types that are drawn as those of the parser's property tests are.
//! `search [NAME …]` tunes a program on banking77 with 8 intents by `random`, `mipro`, `gepa` and `auto`, and prints the score on
//! held-out rows before and after, and the instructions that were proposed; `--rows` are those of each split.

mod agent;
#[path = "../banking/mod.rs"]
mod banking;
mod code;
mod schemas;
mod search;
mod tasks;
mod types;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use dspy::lm::Cassette;
use dspy::{Context, ErrorKind, Lm, Report, Result};
use tasks::{LONGEST, TASKS, form};

/// The forms that are measured: the one that a context takes by itself, and those that are asked for.
const FORMS: [&str; 4] = ["default", "json", "chat", "xml"];

struct Arguments {
    command: String,
    names: Vec<String>,
    forms: Vec<String>,
    rows: usize,
    seed: u64,
    data: PathBuf,
    replies: Option<PathBuf>,
    record: Option<PathBuf>,
}

fn main() {
    if std::env::var_os("DSPY_MODEL").is_none() {
        println!("skipped: set DSPY_MODEL to the model to measure, such as llamacpp/qwen");
        return;
    }
    // Cargo runs this in the folder of its package; files that are named count from that of the workspace.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a folder above");
    std::env::set_current_dir(workspace).expect("it is a folder");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    if let Err(error) = runtime.expect("a runtime").block_on(run(arguments())) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn arguments() -> Arguments {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("real/data");
    let mut found = Arguments {
        command: String::new(),
        names: Vec::new(),
        forms: Vec::new(),
        rows: 20,
        seed: 7,
        data: here,
        replies: None,
        record: None,
    };
    let mut given = std::env::args().skip(1);
    while let Some(argument) = given.next() {
        let mut value = || given.next().unwrap_or_else(|| panic!("{argument} needs a value"));
        match argument.as_str() {
            "--bench" => {}
            "--form" => found.forms.push(value()),
            "--seed" => found.seed = value().parse().expect("--seed is a number"),
            "--rows" => found.rows = value().parse().expect("--rows is a number"),
            "--data" => found.data = value().into(),
            "--replies" => found.replies = Some(value().into()),
            "--record" => found.record = Some(value().into()),
            _ if found.command.is_empty() => found.command = argument,
            _ => found.names.push(argument),
        }
    }
    found
}

async fn run(given: Arguments) -> Result<()> {
    let lm = Lm::from_env()?;
    let lm = match &given.record {
        Some(file) => Lm::from(Cassette::replay_or(file, lm)?),
        None => lm,
    };
    let mut sampling = dspy::lm::Sampling::default();
    sampling.temperature = Some(0.0);
    sampling.max_tokens = Some(LONGEST);
    let cx = Context::new(lm).with_sampling(sampling);
    match given.command.as_str() {
        "" | "tasks" => measure(&given, &cx).await,
        "agent" => {
            let (protocols, ids): (Vec<String>, Vec<String>) =
                given.names.into_iter().partition(|name| matches!(name.as_str(), "native" | "text"));
            agent::run(&cx, protocols.first().map(|protocol| protocol == "native"), &ids).await
        }
        "code" => {
            let (interpreters, ids): (Vec<String>, Vec<String>) =
                given.names.into_iter().partition(|name| matches!(name.as_str(), "python" | "monty"));
            code::run(&cx, &interpreters, &ids).await
        }
        "schemas" => schemas::run(&cx).await,
        "types" => types::run(&cx, given.rows).await,
        "search" => search::run(&cx, &given.names, given.rows, given.seed).await,
        other => {
            let message = format!("there is no `{other}`; say tasks, agent, code, schemas, types or search");
            Err(dspy::Error::new(ErrorKind::NotConfigured, message))
        }
    }
}

async fn measure(given: &Arguments, cx: &Context) -> Result<()> {
    let pick = |known: &[&str], wanted: &[String]| -> Vec<String> {
        let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        if wanted.is_empty() { known } else { wanted.to_vec() }
    };
    println!("| task | form | rows | typed | score | calls | tokens in / out a row | s a row |");
    println!("|---|---|---|---|---|---|---|---|");
    for task in pick(&TASKS, &given.names) {
        for name in pick(&FORMS, &given.forms) {
            let begun = Instant::now();
            let report = tasks::run(&task, &form(&name, cx)?, &given.data, given.rows).await?;
            println!(
                "{} {:.1} |",
                tasks::line(&task, &name, &report),
                begun.elapsed().as_secs_f64() / report.rows().len() as f64
            );
            if let Some(file) = &given.replies {
                append(file, &task, &name, &report)?;
            }
        }
    }
    Ok(())
}

/// Adds every exchange of a run to a file, for a person to read.
fn append(file: &Path, task: &str, form: &str, report: &Report) -> Result<()> {
    let mut text = String::new();
    for row in report.rows() {
        let id = row.id.as_deref().unwrap_or_default();
        let _ = writeln!(text, "=== {task} {form} {id}: {}", row.score);
        for exchange in row.trace.steps().flat_map(|step| &step.exchanges) {
            let (Ok(reply) | Err(reply)) = exchange.reply();
            let _ = writeln!(text, "{}--- reply\n{reply}\n", exchange.request().messages);
        }
        if let Some(error) = &row.error {
            let _ = writeln!(text, "error: {error}");
        }
    }
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    Ok(file.write_all(text.as_bytes())?)
}
