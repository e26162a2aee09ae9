//! A small stand-in for a search engine over the policy handbook.

use std::collections::BTreeSet;
use std::path::Path;

use dspy::{Error, Result};
use serde::Deserialize;

#[derive(Deserialize)]
struct Policy {
    tag: String,
    text: String,
}

/// The three policies that share most words with a ticket, one a line.
pub fn policies(ticket: &str) -> Result<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/policies.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|error| Error::from(error).context(path.display()))?;
    let policies: Vec<Policy> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let asked = words(ticket);
    let mut ranked: Vec<&Policy> = policies.iter().collect();
    ranked.sort_by_key(|policy| std::cmp::Reverse(words(&policy.text).intersection(&asked).count()));
    let lines: Vec<_> =
        ranked.iter().take(3).map(|policy| format!("[{}] {}", policy.tag, policy.text)).collect();
    Ok(lines.join("\n"))
}

/// The beginnings of the longer words, which is enough to match most of their forms.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    words.map(|word| word.to_lowercase().chars().take(5).collect()).collect()
}
