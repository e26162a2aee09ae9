//! Customer messages of banking77, sorted by intent; the labels are known only when the data is read.

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
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/banking77");
    let folder = std::env::var_os("BANKING77").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        println!("skipped: {} is no folder; set BANKING77 to that of the data", folder.display());
        return None;
    }
    Some(folder)
}

/// The rows of the first so many intents.
pub fn rows(folder: &Path, file: &str, intents: usize) -> Result<Rows<Sort>> {
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
