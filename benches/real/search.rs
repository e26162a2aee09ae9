//! Searches on a real model: customer messages of banking77 with 8 intents.
//!
//! The data is not part of the project; `BANKING77` names its folder, else it is looked for beside the project.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Instant;

use dspy::{Compiled, Context, Evaluate, Gepa, Mipro, Predict, RandomSearch, Result, Rows, Score, signature};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

static LABELS: OnceLock<Vec<String>> = OnceLock::new();
const INTENTS: usize = 8;

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

/// Runs the searches of these names, or all, and prints a row of a table for each.
pub async fn run(cx: &Context, names: &[String], count: usize) -> Result<()> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/banking77");
    let folder = std::env::var_os("BANKING77").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        println!("skipped: {} is no folder; set BANKING77 to that of the data", folder.display());
        return Ok(());
    }
    let (train, rest) = (rows(&folder, "train.jsonl")?, rows(&folder, "validation.jsonl")?);
    let (validation, test) = (train.iter().skip(count).take(count), rest.iter().take(2 * count));
    let validation: Rows<Sort> = validation.map(copy).collect();
    let (train, test): (Rows<Sort>, Rows<Sort>) = (train.take(count), test.map(copy).collect());
    let (sizes, program) = ([train.len(), validation.len(), test.len()], Predict::<Sort>::new());
    println!("{INTENTS} intents; {} train, {} validation, {} test rows", sizes[0], sizes[1], sizes[2]);
    let score = async |program: &Predict<Sort>| -> Result<f64> {
        Ok(Evaluate::new(right).concurrency(4).run(cx, program, &test).await?.score())
    };
    let before = score(&program).await?;
    println!("| search | test before | test after | validation before, after | calls | seconds |");
    println!("|---|---|---|---|---|---|");
    for name in ["random", "mipro", "gepa"] {
        if !names.is_empty() && !names.iter().any(|wanted| wanted == name) {
            continue;
        }
        let (begun, program) = (Instant::now(), program.clone());
        let found = match name {
            "random" => {
                RandomSearch::new(right)
                    .seed(7)
                    .concurrency(4)
                    .compile(cx, program, &train, &validation)
                    .await?
            }
            "mipro" => {
                Mipro::light(right).seed(7).concurrency(4).compile(cx, program, &train, &validation).await?
            }
            _ => Gepa::light(right).seed(7).concurrency(4).compile(cx, program, &train, &validation).await?,
        };
        let Compiled { baseline, score: best, usage, .. } = &found;
        println!(
            "| {name} | {before:.2} | {:.2} | {baseline:.2}, {best:.2} | {} | {:.0} |",
            score(&found.program).await?,
            usage.calls,
            begun.elapsed().as_secs_f64()
        );
        let proposed: BTreeSet<&str> = found
            .candidates
            .iter()
            .flat_map(|candidate| candidate.state.iter())
            .map(|(_, state)| state.instructions.as_str())
            .collect();
        proposed.iter().for_each(|instructions| println!("  - {instructions:?}"));
    }
    Ok(())
}

fn copy(row: &Sort) -> Sort {
    Sort { id: row.id.clone(), text: row.text.clone(), intent: row.intent.clone() }
}

/// The rows of the first intents.
fn rows(folder: &Path, file: &str) -> Result<Rows<Sort>> {
    let text = std::fs::read_to_string(folder.join(file))?;
    let intent = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).ok()?["intent"].as_str().map(str::to_owned)
    };
    let all: BTreeSet<String> = text.lines().filter_map(intent).collect();
    let labels = LABELS.get_or_init(|| all.into_iter().take(INTENTS).collect());
    let ours = text.lines().filter(|line| intent(line).is_some_and(|intent| labels.contains(&intent)));
    Rows::from_jsonl(&ours.collect::<Vec<_>>().join("\n"), file)
}
