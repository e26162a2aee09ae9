//! Answers of an agent that has called no tool.

use serde_json::Value;

use super::Turn;
use crate::error::{Error, ErrorKind, snippet};
use crate::value::Record;

/// Returns whether each number of an answer was said in the turns, or given in the input.
///
/// Text can be put in other words, and a label or a yes can be what words mean; a number that stands nowhere can come
/// from nowhere.
pub(super) fn is_in<'a>(answer: &Record, turns: impl Iterator<Item = &'a Turn>, input: &Record) -> bool {
    let said = turns.flat_map(|turn| numbers(&turn.thought));
    let given = input.iter().flat_map(|(_, value)| match value {
        Value::String(text) => numbers(text),
        other => numbers(&other.to_string()),
    });
    let known: Vec<f64> = said.chain(given).collect();
    answer.iter().all(|(_, value)| is_known(value, &known))
}

fn is_known(value: &Value, known: &[f64]) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_some_and(|number| known.contains(&number)),
        Value::Array(items) => items.iter().all(|item| is_known(item, known)),
        Value::Object(entries) => entries.values().all(|value| is_known(value, known)),
        _ => true,
    }
}

/// The numbers in digits that a text holds.
fn numbers(text: &str) -> Vec<f64> {
    let digits = |c: char| !(c.is_ascii_digit() || matches!(c, '.' | ',' | '-'));
    let pieces = text.split(digits).map(|piece| piece.trim_end_matches(['.', ',', '-']).replace(',', ""));
    pieces.filter_map(|piece| piece.parse().ok()).collect()
}

/// The error of an agent that has neither called a tool nor given an answer.
pub(super) fn nothing_done(turns: &[Turn]) -> Error {
    let said = turns.iter().rfind(|turn| !turn.thought.trim().is_empty());
    let guess = turns.iter().rev().flat_map(|turn| &turn.calls).next();
    let said = match (guess, said) {
        (Some(guess), _) => {
            let guess = guess.arguments.to_string();
            format!("called no tool, and its answer {} is a guess", snippet(&guess, 200))
        }
        (None, Some(turn)) => {
            format!("called no tool and gave no answer; it said {:?}", snippet(turn.thought.trim(), 200))
        }
        (None, None) => "called no tool and gave no answer; it said nothing".to_owned(),
    };
    Error::new(ErrorKind::Parse, format!("the model {said}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_must_have_been_said() {
        let turns = [Turn::said("There are 1,200 cups and -3.5 degrees.")];
        let input = Record::from_iter([("question", "Is it 9?")]);
        let holds = |value: Value| is_in(&Record::from_iter([("a", value)]), turns.iter(), &input);
        assert!(holds(json!(1200)) && holds(json!([-3.5, 9])) && holds(json!({"b": "any", "c": true})));
        assert!(!holds(json!(12)) && !holds(json!({"b": [5]})));
    }

    #[test]
    fn the_error_tells_what_was_said() {
        let told = nothing_done(&[Turn::said("I look it up."), Turn::said(" ")]).to_string();
        assert_eq!(told, "the model called no tool and gave no answer; it said \"I look it up.\"");
        assert!(nothing_done(&[]).to_string().ends_with("it said nothing"));
    }
}
