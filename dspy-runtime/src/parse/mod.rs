//! From a reply's text to a record, or to what is wrong with it.
//!
//! Pure functions: no I/O, no clock, no randomness, no panic. A value is taken only where one
//! reading is right; everything else is a [`Problem`] that names the field, the expected type and
//! the text. What was mended on the way is reported as a [`Repair`].

mod coerce;
mod json;
mod sections;

pub use crate::problem::{Problem, Repair};

use serde_json::Value;

use crate::signature::{Schema, TypeSpec};
use crate::value::Record;

/// What was read from a reply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The outputs.
    pub record: Record,
    /// What had to be mended to read them.
    pub repairs: Vec<Repair>,
}

/// Reads a reply of `[[ ## field ## ]]` sections.
///
/// # Errors
///
/// Every output that is missing or does not fit its type.
pub fn sections(schema: &Schema, reply: &str) -> Result<Parsed, Vec<Problem>> {
    let reply = without_reasoning(reply);
    let found = sections::split(reply);
    read(schema, |name| {
        let mut texts = found.iter().filter(|section| section.name == name).map(|section| section.text);
        let text = texts.next()?;
        if texts.any(|other| other != text) {
            return Some(Err(Problem::ambiguous(name, "the section stands twice with different texts")));
        }
        Some(Ok(Found::Text(text)))
    })
}

/// Reads a reply that is, or holds, one JSON object.
///
/// # Errors
///
/// Every output that is missing or does not fit its type, or that there is no object.
pub fn json(schema: &Schema, reply: &str) -> Result<Parsed, Vec<Problem>> {
    let (object, repair) = json::object(without_reasoning(reply)).map_err(|problem| vec![problem])?;
    let mut parsed = read(schema, |name| object.get(name).map(|value| Ok(Found::Value(value))))?;
    parsed.repairs.splice(0..0, repair);
    Ok(parsed)
}

/// Reads the text of one field.
///
/// # Errors
///
/// When it does not fit the type.
pub fn field(spec: &TypeSpec, text: &str) -> Result<(Value, Vec<Repair>), Problem> {
    let mut repairs = Vec::new();
    coerce::text(spec, text, &mut repairs).map(|value| (value, repairs))
}

/// Reads the JSON value of one field.
pub(crate) fn value(spec: &TypeSpec, value: &Value) -> Result<(Value, Vec<Repair>), Problem> {
    let mut repairs = Vec::new();
    coerce::value(spec, value, &mut repairs).map(|value| (value, repairs))
}

/// The name in a section marker at the start of a line, and what follows the marker.
pub(crate) fn split_marker(line: &str) -> Option<(&str, &str)> {
    sections::marker(line)
}

/// The names and texts of all sections in a message, in order.
pub(crate) fn split_sections(text: &str) -> Vec<(&str, &str)> {
    sections::split(text).into_iter().map(|section| (section.name, section.text)).collect()
}

enum Found<'a> {
    Text(&'a str),
    Value(&'a Value),
}

/// Reads each output from where `find` finds it, and collects everything that is wrong.
fn read<'a>(
    schema: &Schema,
    find: impl Fn(&str) -> Option<Result<Found<'a>, Problem>>,
) -> Result<Parsed, Vec<Problem>> {
    let mut parsed = Parsed::default();
    let mut problems = Vec::new();
    for field in schema.outputs() {
        let name = field.name();
        let value = match find(name) {
            Some(Ok(Found::Text(text))) => coerce::text(field.spec(), text, &mut parsed.repairs),
            Some(Ok(Found::Value(value))) => coerce::value(field.spec(), value, &mut parsed.repairs),
            Some(Err(problem)) => Err(problem),
            None if coerce::takes_null(field.spec()) => continue,
            None => Err(Problem::missing(name)),
        };
        match value {
            Ok(value) => parsed.record.insert(name, value),
            Err(problem) => problems.push(problem.of(name, field.spec().text())),
        }
    }
    if problems.is_empty() { Ok(parsed) } else { Err(problems) }
}

/// The reply after a reasoning block that some models put in front of it.
fn without_reasoning(reply: &str) -> &str {
    let reply = reply.trim();
    match reply.strip_prefix("<think>").and_then(|rest| rest.split_once("</think>")) {
        Some((_, rest)) => rest.trim(),
        None => reply,
    }
}
