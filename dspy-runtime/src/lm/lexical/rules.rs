//! Better instructions, read off the rows that a request shows.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::features::words;
use super::prompt::{Reading, text};

/// How many words a rule names.
const WORDS: usize = 8;

/// The instructions in the request with a rule for each label of the rows in it; `None` where none are
/// asked for.
pub(super) fn instructions(reading: &Reading<'_>, output: &str) -> Option<String> {
    if !output.contains("instruction") {
        return None;
    }
    let given = reading.inputs.iter().find(|(name, ..)| name.contains("instruction"));
    let given = given.map_or(reading.task.instructions.as_str(), |(_, text, _)| text);
    let rows: Vec<Map<String, Value>> = reading
        .inputs
        .iter()
        .flat_map(|(_, text, _)| text.lines())
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let mut lines = vec![given.trim().to_owned()];
    if let Some(field) = label_field(&rows) {
        lines.extend(rules(&rows, &field, reading));
    }
    Some(lines.join("\n"))
}

/// The field with the fewest different texts, if some repeat.
fn label_field(rows: &[Map<String, Value>]) -> Option<String> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in rows.iter().flatten() {
        if let Some(value) = value.as_str() {
            values.entry(name).or_default().push(value);
        }
    }
    let different = |values: &Vec<&str>| values.iter().collect::<std::collections::BTreeSet<_>>().len();
    let repeating = values.iter().filter(|(_, values)| values.len() > 1 && different(values) < values.len());
    repeating.min_by_key(|(_, values)| different(values)).map(|(name, _)| (*name).to_owned())
}

/// One line a label, with the words that set its rows apart from the others.
fn rules(rows: &[Map<String, Value>], field: &str, reading: &Reading<'_>) -> Vec<String> {
    let mut by_label: BTreeMap<&str, HashMap<String, f32>> = BTreeMap::new();
    let mut rows_with: HashMap<String, f32> = HashMap::new();
    for row in rows {
        let Some(label) = row.get(field).and_then(Value::as_str) else { continue };
        let said: Vec<String> =
            row.iter().filter(|(name, _)| *name != field).map(|(_, value)| text(value)).collect();
        let distinct: std::collections::BTreeSet<String> = words(&said.join(" ")).into_iter().collect();
        for word in distinct {
            *by_label.entry(label).or_default().entry(word.clone()).or_default() += 1.0;
            *rows_with.entry(word).or_default() += 1.0;
        }
    }
    let rule = |(label, counts): (&str, HashMap<String, f32>)| {
        let weight = |word: &String, count: f32| {
            let elsewhere = rows_with.get(word).copied().unwrap_or_default() - count;
            count / (1.0 + 2.0 * elsewhere) + reading.noise(word)
        };
        let mut ranked: Vec<(f32, &String)> =
            counts.iter().map(|(word, count)| (weight(word, *count), word)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let named: Vec<&str> = ranked.iter().take(WORDS).map(|(_, word)| word.as_str()).collect();
        format!("Choose `{label}` for words like {}.", named.join(", "))
    };
    by_label.into_iter().map(rule).collect()
}
