//! Customer messages of banking77, sorted by intent; the labels are known only when the data is read.

// Tests and benches each need a part of it.
#![allow(dead_code)]

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use dspy::{Result, Rows, Score, signature};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

static LABELS: OnceLock<Vec<String>> = OnceLock::new();

/// One of the labels of the task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent(pub String);

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
#[derive(Clone)]
pub struct Sort {
    #[meta]
    pub id: String,
    /// The customer's message.
    #[input]
    pub text: String,
    /// What the customer wants.
    #[output]
    pub intent: Intent,
}

/// Whether the intent is right, and which one it is.
pub fn right(row: &Sort, out: &SortOutput) -> Score {
    Score::from(row.intent == out.intent).because(format!("it is {}", row.intent.0))
}

/// The folder of the data, which is not part of the project: `BANKING77` names it, else it is looked for beside the
/// project. Says so where there is none.
pub fn folder() -> Option<PathBuf> {
    let beside =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|above| above.join("shared/data/banking77"));
    // Cargo runs this in the folder of a package; a path that is given counts from that of the workspace.
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let named = std::env::var_os("BANKING77").map(|path| workspace.join(path));
    let folder = named.into_iter().chain(beside).find(|folder| folder.is_dir());
    if folder.is_none() {
        println!("skipped: there is no data in ../shared/data/banking77; set BANKING77 to its folder");
    }
    folder
}

/// The lines of a file with the intent of each.
fn lines(folder: &Path, file: &str) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(folder.join(file))?;
    let intent = |line: &str| {
        serde_json::from_str::<serde_json::Value>(line).ok()?["intent"].as_str().map(str::to_owned)
    };
    Ok(text.lines().filter_map(|line| Some((intent(line)?, line.to_owned()))).collect())
}

/// The intents of a file in the order of their names.
pub fn intents(folder: &Path, file: &str) -> Result<Vec<String>> {
    let mut all: Vec<String> = lines(folder, file)?.into_iter().map(|(intent, _)| intent).collect();
    all.sort();
    all.dedup();
    Ok(all)
}

/// The rows of the first so many intents by name.
pub fn rows(folder: &Path, file: &str, intents: usize) -> Result<Rows<Sort>> {
    let mut first = self::intents(folder, file)?;
    first.truncate(intents);
    read(&lines_of(folder, file, &first)?, file)
}

/// The rows of some intents, as lines. The first that are asked for are the labels of the task from then on.
pub fn lines_of(folder: &Path, file: &str, intents: &[String]) -> Result<Vec<String>> {
    let labels = LABELS.get_or_init(|| intents.to_vec());
    let ours = lines(folder, file)?.into_iter().filter(|(intent, _)| labels.contains(intent));
    Ok(ours.map(|(_, line)| line).collect())
}

/// Lines as rows.
pub fn read(lines: &[String], name: &str) -> Result<Rows<Sort>> {
    Rows::from_jsonl(&lines.join("\n"), name)
}
