//! The parsing of a reply's text into a record, or into a list of what is wrong with it.
//!
//! Pure functions: no I/O, no clock, no randomness, no panic, linear time. A value is taken only
//! where one reading is right; everything else is a [`Problem`] that names the field, the expected
//! type and the text. What was repaired on the way is reported as a [`Repair`].
//!
//! Reading has three steps. [`sections`] and [`json`] find what belongs to each output. A reader
//! turns JSON, and what models write in its place, into values as they were written. A coercer
//! brings these, or plain text, to the output's type.
//!
//! A reply that the token limit cut off is never read: its last value may be half a value. Whoever
//! calls these functions knows why the reply ended; [`Predict`](crate::Predict) refuses such a reply
//! before it comes here, unless what was cut off stands after the end of the outputs. Brackets that are open at the end
//! of a reply that ended by itself are closed and reported; half a string, a comma, a comment or a key without a value
//! is an error all the same.
//!
//! [`repairs`] lists what is repaired and what is refused, and [`comparison`] has what other parsers make of
//! the same replies.

pub(crate) mod calls;
mod candidates;
mod coerce;
mod json;
mod node;
mod reader;
mod reasoning;
mod sections;
mod tags;
mod text;

#[doc = include_str!("comparison.md")]
pub mod comparison {}

#[doc = include_str!("repairs.md")]
pub mod repairs {}

pub use crate::problem::Problem;
pub use crate::repair::Repair;

use std::collections::HashSet;

use serde_json::Value;

use crate::signature::{Field, Schema, TypeSpec};
use crate::value::Record;
use coerce::Coercer;

/// The repairs that are allowed in reading a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Reads everything that can be read in one way only; each repair is reported.
    #[default]
    Tolerant,
    /// Nothing: a reply that needs a repair is an error.
    Strict,
}

/// The values read from a reply.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// The outputs.
    pub record: Record,
    /// The repairs that reading them took, each kind once.
    pub repairs: Vec<Repair>,
}

/// The longest text that is read. A longer one is no reply but an accident.
const LONGEST: usize = 64 << 20;
const TOO_LONG: &str = "it is longer than 64 MiB";

/// Reads a reply of `[[ ## field ## ]]` sections.
///
/// # Errors
///
/// Every output that is missing or does not fit its type.
pub fn sections(schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
    let (reply, reasoned) = answer(reply)?;
    let mut parsed = Parsed { record: Record::new(), repairs: reasoned.into_iter().collect() };
    let found = sections::find(schema, reply);
    // An object may have been written key by key, under its own marker or without it.
    let empty = |found: &sections::Found<'_>| matches!(found.texts.as_slice(), [Ok(Some(""))]);
    if found.as_ref().is_none_or(empty)
        && let Some(keys) = sections::keys(schema, reply)
    {
        let mut problems = Vec::new();
        parsed.repairs.extend(keys.repairs);
        for field in schema.outputs() {
            let mut coercer = Coercer::new(field.spec(), reply.len());
            let value = coercer.keys(keys.id, keys.object, &keys.texts);
            take(&mut parsed, &mut problems, field, value.map(|value| (value, coercer.repairs)));
        }
        return finish(parsed, problems, mode);
    }
    let texts = match found {
        Some(found) => {
            parsed.repairs.extend(found.repairs);
            found.texts
        }
        None => match sections::value_alone(schema, reply) {
            Some(text) => {
                parsed.repairs.push(Repair::ValueAlone);
                vec![Ok(Some(text))]
            }
            // A reply without any is no reply whose outputs are all null.
            None => return Err(schema.outputs().map(missing).collect()),
        },
    };
    read_texts(parsed, schema, texts, mode)
}

/// A reply up to where it is whole, if the token limit cut off only what a model wrote after its end: after the marker
/// that ends a reply, or after the object that it is.
pub(crate) fn before_run_on<'a>(schema: &Schema, reply: &'a str) -> Option<&'a str> {
    let object = || {
        let text = reply.trim();
        (text.starts_with('{') && reader::strict(text).is_ok()).then_some(text)
    };
    object().or_else(|| sections::ended(schema, reply))
}

/// Reads a reply of `<field>…</field>` tags.
///
/// A text is taken as it stands between its tags, blanks around it aside: nothing is escaped, so an
/// `&amp;` stays one. A text that holds its own tag stands in `<![CDATA[…]]>`. Lists and objects are
/// JSON inside their tag.
///
/// # Errors
///
/// Every output that is missing, does not fit its type, or whose tags can be read in several ways.
///
/// # Example
///
/// ```
/// use dspy::parse::{self, Mode};
/// use dspy::signature::SchemaBuilder;
///
/// let schema = SchemaBuilder::new("Mend", "Mend the code.").output::<String>("code", "").build();
/// let parsed = parse::tags(&schema, "<code>a < b && c</code>", Mode::Strict).expect("it can be read");
/// assert_eq!(parsed.record.get("code"), Some(&"a < b && c".into()));
/// ```
pub fn tags(schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
    // Where an output is named like reasoning, its tag is the output.
    let own = schema.outputs().any(|field| reasoning::is_name(field.name()));
    let (reply, reasoned) = if own && reply.len() <= LONGEST { (reply, None) } else { answer(reply)? };
    let found = tags::find(schema, reply)?;
    let mut parsed = Parsed { record: Record::new(), repairs: found.repairs };
    parsed.repairs.extend(reasoned);
    read_texts(parsed, schema, found.texts, mode)
}

/// Reads a reply that is, or holds, one JSON object.
///
/// # Errors
///
/// Every output that is missing or does not fit its type, or that there is no object.
///
/// # Example
///
/// ```
/// use dspy::parse::{self, Mode, Repair};
/// use dspy::signature::SchemaBuilder;
///
/// let schema = SchemaBuilder::new("Count", "Count the pieces.").output::<u32>("pieces", "").build();
/// let parsed = parse::json(&schema, "{'pieces': 3,}", Mode::Tolerant).expect("it can be read");
/// assert_eq!(parsed.record.to_string(), r#"{"pieces":3}"#);
/// assert_eq!(parsed.repairs, [Repair::QuoteStyle, Repair::Commas]);
/// assert!(parse::json(&schema, "{'pieces': 3,}", Mode::Strict).is_err());
/// ```
pub fn json(schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
    let (reply, reasoned) = answer(reply)?;
    let (mut parsed, problems) = json::read(schema, reply)?;
    parsed.repairs.extend(reasoned);
    finish(parsed, problems, mode)
}

/// Reads one value from a text, as from the section of a reply.
///
/// # Errors
///
/// What keeps the text from being read as the type. Paths begin inside the value: `[2].price`.
///
/// # Example
///
/// ```
/// use dspy::parse::{Mode, Repair, self};
/// use dspy::signature::TypeSpec;
/// use serde_json::json;
///
/// let numbers = TypeSpec::of::<Vec<u8>>();
/// let (value, repairs) = parse::field(&numbers, "1, 2, 3", Mode::Tolerant).expect("it can be read");
/// assert_eq!((value, repairs), (json!([1, 2, 3]), vec![Repair::TextList]));
///
/// let problem = parse::field(&numbers, "[1, 2, 300]", Mode::Tolerant).expect_err("300 is no byte");
/// assert_eq!(problem.to_string(), "field `[2]`: it is out of range; expected integer (0 to 255); found `300`");
/// ```
pub fn field(spec: &TypeSpec, text: &str, mode: Mode) -> Result<(Value, Vec<Repair>), Problem> {
    let wrong = |problem: Problem| problem.expecting(spec.text());
    if text.len() > LONGEST {
        return Err(wrong(Problem::new("", text, TOO_LONG)));
    }
    let (value, repairs) = read_text(spec, text).map_err(wrong)?;
    let repairs = distinct(repairs);
    match repairs.first().filter(|_| mode == Mode::Strict) {
        Some(repair) => Err(wrong(refused(text, repair))),
        None => Ok((value, repairs)),
    }
}

/// The name in a section marker at the start of a line, and what follows the marker.
pub(crate) fn split_marker(line: &str) -> Option<(&str, &str)> {
    sections::marker(line, &|_| false).map(|marker| (marker.name, marker.rest))
}

/// The name of the tag that a text is, whether it closes, and whether it closes itself.
pub(crate) fn split_tag(text: &str) -> Option<(&str, bool, bool)> {
    tags::whole(text)
}

/// The names and texts of all fields in tags, each tag at the start of a line, in order.
pub(crate) fn split_tags(text: &str) -> Vec<(&str, &str)> {
    tags::split(text)
}

/// The names and texts of all sections in a message, in order.
pub(crate) fn split_sections(text: &str) -> Vec<(&str, &str)> {
    sections::split(text, |_| false)
}

/// The reply without the reasoning in front of it.
fn answer(reply: &str) -> Result<(&str, Option<Repair>), Vec<Problem>> {
    if reply.len() > LONGEST {
        return Err(vec![Problem::new("", reply, TOO_LONG)]);
    }
    let (rest, removed) =
        reasoning::before_reply(reply).map_err(|reason| vec![Problem::new("", reply, reason)])?;
    Ok((rest, removed.then_some(Repair::Reasoning)))
}

fn read_text(spec: &TypeSpec, text: &str) -> Result<(Value, Vec<Repair>), Problem> {
    let mut coercer = Coercer::new(spec, text.len());
    let (text, reasoned) = reasoning::before(text).map_err(|reason| Problem::new("", text, reason))?;
    if reasoned {
        coercer.mend(Repair::Reasoning);
    }
    if text::trimmed(text) != text.trim() {
        coercer.mend(Repair::StrayCharacters);
    }
    let value = coercer.text(spec.shapes().root(), text)?;
    Ok((value, coercer.repairs))
}

/// Reads the texts of the outputs, in their order.
fn read_texts(
    mut parsed: Parsed,
    schema: &Schema,
    texts: Vec<Result<Option<impl AsRef<str>>, Problem>>,
    mode: Mode,
) -> Result<Parsed, Vec<Problem>> {
    let mut problems = Vec::new();
    for (field, text) in schema.outputs().zip(texts) {
        match text {
            Ok(Some(text)) => {
                take(&mut parsed, &mut problems, field, read_text(field.spec(), text.as_ref()));
            }
            Ok(None) => absent(&mut parsed, &mut problems, field),
            Err(problem) => problems.push(named(field, problem)),
        }
    }
    finish(parsed, problems, mode)
}

fn take(
    parsed: &mut Parsed,
    problems: &mut Vec<Problem>,
    field: &Field,
    read: Result<(Value, Vec<Repair>), Problem>,
) {
    match read {
        Ok((value, repairs)) => {
            parsed.repairs.extend(repairs);
            parsed.record.insert(field.name(), value);
        }
        Err(problem) => problems.push(named(field, problem)),
    }
}

/// An output that is left out is null where it may be.
fn absent(parsed: &mut Parsed, problems: &mut Vec<Problem>, field: &Field) {
    let shapes = field.spec().shapes();
    if shapes.takes_null(shapes.root()) {
        parsed.record.insert(field.name(), Value::Null);
    } else {
        problems.push(missing(field));
    }
}

fn missing(field: &Field) -> Problem {
    named(field, Problem::new("", "", "it is missing"))
}

fn named(field: &Field, problem: Problem) -> Problem {
    problem.expecting(field.spec().text()).within(field.name())
}

fn finish(mut parsed: Parsed, problems: Vec<Problem>, mode: Mode) -> Result<Parsed, Vec<Problem>> {
    if !problems.is_empty() {
        return Err(problems);
    }
    parsed.repairs = distinct(parsed.repairs);
    match mode {
        Mode::Strict if !parsed.repairs.is_empty() => {
            Err(parsed.repairs.iter().map(|repair| refused("", repair)).collect())
        }
        _ => Ok(parsed),
    }
}

fn refused(text: &str, repair: &Repair) -> Problem {
    Problem::new("", text, &format!("it can only be read with a repair, and none is allowed: {repair}"))
}

fn distinct(repairs: Vec<Repair>) -> Vec<Repair> {
    let mut seen = HashSet::new();
    repairs.into_iter().filter(|repair| seen.insert(repair.clone())).collect()
}
