//! A small stand-in for a search engine over the policy handbook.

use std::collections::BTreeSet;
use std::path::Path;

use dspy::data::Record;
use dspy::{Error, Result};
use serde::Deserialize;

#[derive(Deserialize)]
struct Policy {
    tag: String,
    text: String,
}

/// Adds to a ticket that comes without them the three policies that share most words with it, one a line.
pub fn policies(input: &mut Record) -> Result<()> {
    let Some(ticket) = input.get("ticket_text").and_then(|ticket| ticket.as_str()) else { return Ok(()) };
    if input.contains("policy_context") {
        return Ok(());
    }
    let asked = words(ticket);
    let mut ranked = handbook()?;
    ranked.sort_by_key(|policy| std::cmp::Reverse(words(&policy.text).intersection(&asked).count()));
    let lines: Vec<_> =
        ranked.iter().take(3).map(|policy| format!("[{}] {}", policy.tag, policy.text)).collect();
    input.insert("policy_context", lines.join("\n"));
    Ok(())
}

fn handbook() -> Result<Vec<Policy>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/policies.jsonl");
    let text = std::fs::read_to_string(&path).map_err(|error| Error::from(error).context(path.display()))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// The beginnings of the longer words, which is enough to match most of their forms.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3);
    words.map(|word| word.to_lowercase().chars().take(5).collect()).collect()
}
