//! The majority of several outputs.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::signature::Fields;

/// The first of those outputs that agree with most others on their last field.
///
/// Texts agree without regard to case, to space around them and to punctuation at their end; other values if
/// they are the same. Outputs whose field is empty, or nothing but that, have no vote. Of values with as many
/// votes the one that comes first wins. Where no output has a vote it is the first output; where there are no outputs,
/// nothing. No call is made. After `majority` of DSPy 3.
///
/// # Errors
///
/// When a field has no JSON form, as a map whose keys are not strings.
///
/// # Example
///
/// ```
/// use dspy::signature;
/// use dspy::strategy::majority;
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// let outputs = ["London", "Paris", "paris."].map(|word| AnswerOutput { word: word.into() });
/// assert_eq!(majority(&outputs)?.expect("there are some").word, "Paris");
/// # Ok::<(), dspy::Error>(())
/// ```
pub fn majority<O: Fields>(outputs: &[O]) -> Result<Option<&O>> {
    let place = elected(outputs.iter().map(|output| voted(output, None)))?;
    Ok(place.and_then(|place| outputs.get(place)))
}

/// Works as [`majority`], by a field of choice: of outputs, of predictions, or of anything else.
///
/// # Errors
///
/// When a field has no JSON form, as a map whose keys are not strings.
///
/// # Example
///
/// ```
/// use dspy::strategy::majority_by;
///
/// let answers = [("Lyon", 7), ("Paris", 9), ("lyon ", 8)];
/// assert_eq!(majority_by(&answers, |answer| answer.0)?, Some(&("Lyon", 7)));
/// # Ok::<(), dspy::Error>(())
/// ```
pub fn majority_by<'a, O, T: Serialize>(
    outputs: &'a [O],
    field: impl Fn(&'a O) -> T,
) -> Result<Option<&'a O>> {
    let place = elected(outputs.iter().map(|output| Ok(serde_json::to_value(field(output))?)))?;
    Ok(place.and_then(|place| outputs.get(place)))
}

/// The place of the output that has the majority, by this field or the last.
pub(super) fn majority_of<O: Fields>(outputs: &[O], field: Option<&str>) -> Result<Option<usize>> {
    elected(outputs.iter().map(|output| voted(output, field)))
}

/// Returns the vote of an output.
fn voted<O: Fields>(output: &O, field: Option<&str>) -> Result<Value> {
    let record = output.to_record()?;
    let value = match field {
        None => record.iter().last().map(|(_, value)| value),
        Some(field) => {
            let none = || {
                let names = record.names().collect::<Vec<_>>().join(", ");
                Error::data(format!("there is no output `{field}` to vote on; there are: {names}"))
            };
            Some(record.get(field).ok_or_else(none)?)
        }
    };
    Ok(value.cloned().unwrap_or_default())
}

/// The place of the first vote for the value that has most, of those with as many the earliest.
fn elected(votes: impl Iterator<Item = Result<Value>>) -> Result<Option<usize>> {
    let (mut counts, mut any): (Vec<(Value, usize, usize)>, _) = (Vec::new(), false);
    for (place, vote) in votes.enumerate() {
        any = true;
        let Some(vote) = normal(vote?) else { continue };
        match counts.iter_mut().find(|(known, _, _)| *known == vote) {
            Some((_, count, _)) => *count += 1,
            None => counts.push((vote, 1, place)),
        }
    }
    let won = counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best });
    Ok(won.map(|(_, _, place)| place).or(any.then_some(0)))
}

/// A value as it is compared, if it says anything.
fn normal(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) => {
            let is_end = |c: char| c.is_whitespace() || ".,;:!?…。！？".contains(c);
            let text = text.trim_start().trim_end_matches(is_end).to_lowercase();
            (!text.is_empty()).then(|| text.into())
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(texts: &[&'a str]) -> Option<&'a str> {
        majority_by(texts, |text| *text).expect("texts have a form").copied()
    }

    #[test]
    fn the_most_said_wins_however_it_is_written() {
        assert_eq!(of(&["London", "Paris", "paris."]), Some("Paris"));
        assert_eq!(of(&["A1", "B1"]), Some("A1"), "ties go to the earliest");
        assert_eq!(of(&["", "x", ""]), Some("x"), "nothing has no vote");
        assert_eq!(of(&["B", "A", "a", "b "]), Some("B"));
        assert_eq!(of(&[" ", "?!"]), Some(" "), "somebody has to win");
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["3.5", "35", "35."]), Some("35"), "what is inside counts");
    }

    #[test]
    fn values_that_are_no_texts_are_compared_whole() {
        let lists = [vec![1, 2], vec![2, 1], vec![2, 1]];
        assert_eq!(majority_by(&lists, |list| list).expect("a form"), Some(&vec![2, 1]));
        let options = [None, Some(false), None];
        assert_eq!(majority_by(&options, |option| *option).expect("a form"), Some(&Some(false)));
    }
}
