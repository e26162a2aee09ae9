//! The answers to a request for better prompts: rules, read off the rows that it shows.
//!
//! Nothing is made up. A request that shows no rows, such as one for a rewrite in the light of scores alone,
//! gets the best that is in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::prompt::{Reading, text};
use dspy_numbers::bag::words;

/// The number of words that a rule names.
const WORDS: usize = 8;

/// The continuation of a rule after its label.
const LIKE: &str = " for words like ";

type Rows = Vec<Map<String, Value>>;

/// The answer to a request for instructions, rules, lessons, advice or changes of notes; `None` where the
/// output is none of these.
pub(super) fn asked(reading: &Reading<'_>, output: &str) -> Option<Value> {
    match output {
        "add" | "revise" | "remove" => notes(reading, output),
        "advice" => advice(reading),
        "rules" => {
            let most = input(reading, "most").and_then(|most| most.trim().parse().ok());
            let lines = lines(reading, &rows(reading))?;
            Some(lines.into_iter().take(most.unwrap_or(usize::MAX)).collect())
        }
        "lessons" => Some(lines(reading, &rows(reading))?.join("\n").into()),
        other if other.contains("instruction") => Some(instructions(reading).into()),
        _ => None,
    }
}

fn input<'r>(reading: &'r Reading<'_>, wanted: &str) -> Option<&'r str> {
    let found = reading.inputs.iter().find(|(name, ..)| name == wanted);
    found.map(|(_, text, _)| text.as_str())
}

/// The present instructions with a rule for each label of the rows.
fn instructions(reading: &Reading<'_>) -> String {
    let given = reading.inputs.iter().find(|(name, ..)| name.contains("instruction"));
    let given = given.map(|(_, text, _)| text.as_str());
    // Attempts are listed from the worst to the best, each under a line with its score.
    let best = || {
        let attempts = input(reading, "attempts")?;
        let last = attempts.rsplit_once("\nVersion ").map_or(attempts, |(_, last)| last);
        last.split_once('\n').map(|(_, text)| text)
    };
    let given = given.or_else(best).unwrap_or(&reading.task.instructions);
    let mut all = vec![given.trim().to_owned()];
    all.extend(lines(reading, &rows(reading)).unwrap_or_default());
    all.join("\n")
}

/// The rows in the request, one JSON object a line.
fn rows(reading: &Reading<'_>) -> Rows {
    let lines = reading.inputs.iter().flat_map(|(_, text, _)| text.lines());
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// A rule a label, those that most rows bear out first.
fn lines(reading: &Reading<'_>, rows: &Rows) -> Option<Vec<String>> {
    let step = input(reading, "step").or(input(reading, "program")).unwrap_or_default();
    let field = step.lines().find_map(|line| answered(line, rows)).or_else(|| repeating(rows))?;
    Some(rules(rows, &field, reading))
}

/// The output of a step, `name: inputs -> outputs`, that rows have a label for.
fn answered(step: &str, rows: &Rows) -> Option<String> {
    let (_, outputs) = step.split_once(" -> ")?;
    let is_label = |value: &Value| value.as_str().is_some_and(|text| text.split_whitespace().count() <= 3);
    let named = |name: &&String| {
        outputs.starts_with(&format!("{name}: ")) || outputs.contains(&format!(", {name}: "))
    };
    let labels = rows.first()?.iter().filter(|(_, value)| is_label(value)).map(|(name, _)| name);
    labels.into_iter().find(named).cloned()
}

/// The field with the fewest different texts, if some repeat.
fn repeating(rows: &Rows) -> Option<String> {
    let mut values: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in rows.iter().flatten() {
        if let Some(value) = value.as_str() {
            values.entry(name).or_default().push(value);
        }
    }
    let different = |values: &Vec<&str>| values.iter().collect::<BTreeSet<_>>().len();
    let repeating = values.iter().filter(|(_, values)| values.len() > 1 && different(values) < values.len());
    repeating.min_by_key(|(_, values)| different(values)).map(|(name, _)| (*name).to_owned())
}

/// One line a label, with the words that set its rows apart from the others.
fn rules(rows: &Rows, field: &str, reading: &Reading<'_>) -> Vec<String> {
    let mut by_label: BTreeMap<&str, (usize, HashMap<String, f32>)> = BTreeMap::new();
    let mut rows_with: HashMap<String, f32> = HashMap::new();
    for row in rows {
        let Some(label) = row.get(field).and_then(Value::as_str) else { continue };
        let said: Vec<String> =
            row.iter().filter(|(name, _)| *name != field).map(|(_, value)| text(value)).collect();
        let distinct: BTreeSet<String> = words(&said.join(" ")).into_iter().collect();
        let (count, own) = by_label.entry(label).or_default();
        *count += 1;
        for word in distinct {
            *own.entry(word.clone()).or_default() += 1.0;
            *rows_with.entry(word).or_default() += 1.0;
        }
    }
    let rule = |label: &str, counts: &HashMap<String, f32>| {
        let weight = |word: &String, count: f32| {
            let elsewhere = rows_with.get(word).copied().unwrap_or_default() - count;
            count / (1.0 + 2.0 * elsewhere) + reading.noise(word)
        };
        let mut ranked: Vec<(f32, &String)> =
            counts.iter().map(|(word, count)| (weight(word, *count), word)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        let named: Vec<&str> = ranked.iter().take(WORDS).map(|(_, word)| word.as_str()).collect();
        written(label, &named)
    };
    let mut ranked: Vec<_> = by_label.into_iter().collect();
    ranked.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
    ranked.iter().map(|(label, (_, counts))| rule(label, counts)).collect()
}

fn written(label: &str, words: &[&str]) -> String {
    format!("Choose `{label}`{LIKE}{}.", words.join(", "))
}

/// A rule for the step whose output the row has a label for.
fn advice(reading: &Reading<'_>) -> Option<Value> {
    let (steps, rows) = (input(reading, "program")?, rows(reading));
    let advice = |step: &str| {
        let (path, field) = (step.split_once(": ")?.0.to_owned(), answered(step, &rows)?);
        Some((path, Value::from(rules(&rows, &field, reading).join("\n"))))
    };
    Some(Value::Object(steps.lines().filter_map(advice).collect()))
}

/// Returns the changes of notes: a label without one gets it, the words of a label with one join those
/// that it has.
fn notes(reading: &Reading<'_>, output: &str) -> Option<Value> {
    let (notes, lessons) = (input(reading, "notes")?, input(reading, "lessons")?);
    let (mut add, mut revise) = (Vec::new(), Map::new());
    for lesson in lessons.lines() {
        let known = notes.lines().find_map(|note| joined(note, lesson));
        match known {
            None => add.push(lesson),
            Some((number, text)) => {
                revise.insert(number, text.into());
            }
        }
    }
    match output {
        "add" => Some(add.into_iter().collect()),
        "revise" => Some(Value::Object(revise)),
        _ => Some(Value::Array(Vec::new())),
    }
}

/// The number and the new text of a note on the label of a lesson.
fn joined(note: &str, lesson: &str) -> Option<(String, String)> {
    let (number, note) = note.strip_prefix('[')?.split_once("] ")?;
    let ((label, old), (of, new)) = (note.split_once(LIKE)?, lesson.split_once(LIKE)?);
    let words = || old.trim_end_matches('.').split(", ").chain(new.trim_end_matches('.').split(", "));
    let mut all: Vec<&str> = Vec::new();
    words().for_each(|word| {
        if !all.contains(&word) {
            all.push(word);
        }
    });
    all.truncate(2 * WORDS);
    (label == of).then(|| (number.to_owned(), format!("{label}{LIKE}{}.", all.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_joins_the_note_on_its_label() {
        let note = "[3] Choose `late` for words like parcel, wait.";
        let joined = |label| joined(note, &written(label, &["wait", "days"]));
        let text = "Choose `late` for words like parcel, wait, days.";
        assert_eq!(joined("late"), Some(("3".to_owned(), text.to_owned())));
        assert_eq!(joined("broken"), None);
    }

    #[test]
    fn the_output_of_a_step_is_known_from_its_signature() {
        let rows = vec![
            serde_json::from_str(r#"{"id": "7", "text": "where is it", "kind": "late"}"#).expect("JSON"),
        ];
        let step = r#"self: text: string -> kind: "late" or "broken""#;
        assert_eq!(answered(step, &rows).as_deref(), Some("kind"));
        assert_eq!(answered("self: text: string -> other: string", &rows), None);
    }
}
