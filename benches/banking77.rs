//! Every optimizer on real customer messages, with the built-in model: `cargo bench --bench banking77`.
//!
//! The data is not part of the project; `BANKING77` names its folder, else it is looked for beside the
//! project. The labels of a task are known only when it runs, so each task is a process of its own.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

use dspy::optimize::{Ace, Copro, InferRules, Simba};
use dspy::{
    BootstrapFewShot, Compiled, Context, Gepa, LabeledFewShot, Lm, Mipro, Predict, RandomSearch, Result,
    Rows, Score, signature,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

static LABELS: OnceLock<Vec<String>> = OnceLock::new();

/// One of the labels of the task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Intent(String);

impl JsonSchema for Intent {
    fn schema_name() -> Cow<'static, str> {
        "Intent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "enum": LABELS.get().expect("they are read first")})
    }
}

/// Sort a message to a bank by what the customer wants.
#[signature]
struct Sort {
    #[meta]
    id: String,
    /// The customer's message.
    #[input]
    text: String,
    /// What the customer wants.
    #[output]
    intent: Intent,
}

fn right(row: &Sort, out: &SortOutput) -> Score {
    Score::from(row.intent == out.intent).because(format!("it is {}", row.intent.0))
}

fn main() {
    let count = std::env::args().find_map(|argument| argument.parse::<usize>().ok());
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/banking77");
    let folder = std::env::var_os("BANKING77").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        println!("skipped: {} is no folder; set BANKING77 to that of the data", folder.display());
        return;
    }
    match count {
        Some(intents) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            runtime.expect("a runtime").block_on(compare(&folder, intents)).expect("it runs");
        }
        None => {
            for intents in ["8", "20", "77"] {
                let program = std::env::current_exe().expect("it is this one");
                Command::new(program).arg(intents).status().expect("it starts");
            }
        }
    }
}

/// The rows of the first so many intents.
fn rows(folder: &Path, file: &str, intents: usize) -> Result<Rows<Sort>> {
    let text = std::fs::read_to_string(folder.join(file))?;
    let intent = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).ok()?["intent"].as_str().map(str::to_owned)
    };
    let mut all: Vec<String> = text.lines().filter_map(intent).collect();
    all.sort();
    all.dedup();
    all.truncate(intents);
    let labels = LABELS.get_or_init(|| all);
    let ours: Vec<&str> =
        text.lines().filter(|line| intent(line).is_some_and(|intent| labels.contains(&intent))).collect();
    Rows::from_jsonl(&ours.join("\n"), file)
}

async fn compare(folder: &Path, intents: usize) -> Result<()> {
    let (train, validation) =
        (rows(folder, "train.jsonl", intents)?, rows(folder, "validation.jsonl", intents)?);
    println!("\n{intents} intents, {} train and {} validation rows\n", train.len(), validation.len());
    println!("| optimizer | validation | LM calls | seconds |\n|---|---|---|---|");
    let program = Predict::<Sort>::new;
    let cx = || Ok::<_, dspy::Error>(Context::new(Lm::new("builtin/lexical")?));
    macro_rules! run {
        ($name:literal, $optimizer:expr) => {
            let began = Instant::now();
            let found =
                $optimizer.seed(7).concurrency(8).compile(&cx()?, program(), &train, &validation).await?;
            line($name, &found, began);
        };
    }
    run!("labelled rows", LabeledFewShot::new(right));
    run!("bootstrap", BootstrapFewShot::new(right));
    run!("random search", RandomSearch::new(right));
    run!("mipro light", Mipro::light(right).max_labeled_demos(16));
    run!(
        "mipro light, no demonstrations",
        Mipro::light(right).max_labeled_demos(0).max_bootstrapped_demos(0)
    );
    run!("gepa light, minibatch 16", Gepa::light(right).minibatch(16));
    run!("infer rules", InferRules::new(right));
    run!("copro", Copro::new(right));
    run!("simba", Simba::new(right));
    run!("ace", Ace::new(right));
    Ok(())
}

fn line(name: &str, found: &Compiled<Predict<Sort>>, began: Instant) {
    let Compiled { baseline, score, usage, .. } = found;
    println!(
        "| {name} | {baseline:.3} -> {score:.3} | {} | {:.1} |",
        usage.calls,
        began.elapsed().as_secs_f64()
    );
}
