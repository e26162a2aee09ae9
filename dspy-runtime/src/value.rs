//! The untyped carrier between the typed edge and the core.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::media;

/// Named JSON values in order: the inputs or outputs of one call, a row, or a demonstration.
///
/// The typed edge turns a user's struct into a record and back; everything between the two works on
/// records alone and is compiled once.
///
/// # Example
///
/// ```
/// use dspy::data::Record;
///
/// let record = Record::from_iter([("ticket_text", "Where is my parcel?"), ("queue", "delivery")]);
/// assert_eq!(record.get("queue").and_then(|value| value.as_str()), Some("delivery"));
/// assert_eq!(record.only(["queue"].into_iter()).len(), 1);
/// ```
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(Map<String, Value>);

impl Record {
    /// Makes a record without fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Sets a field; a new one goes to the end.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Returns whether there is a field of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The fields in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The names of the fields in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Returns the number of fields.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy with only the named fields, in the order of the names.
    #[must_use]
    pub fn only<'a>(&self, names: impl Iterator<Item = &'a str>) -> Self {
        names.filter_map(|name| Some((name, self.get(name)?.clone()))).collect()
    }

    /// Takes a field's value out and leaves null in its place.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.get_mut(name).map(Value::take)
    }
}

/// The value without the bytes of images and the like.
pub(crate) fn in_short(value: &Value) -> Value {
    match value {
        Value::String(text) => media::in_short(text).map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(in_short).collect(),
        Value::Object(entries) => {
            entries.iter().map(|(name, value)| (name.clone(), in_short(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

impl std::fmt::Debug for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Record ")?;
        f.debug_map().entries(self.iter().map(|(name, value)| (name, in_short(value)))).finish()
    }
}

impl std::fmt::Display for Record {
    /// The record as one line of JSON.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| std::fmt::Error)?)
    }
}

impl From<Record> for Map<String, Value> {
    fn from(record: Record) -> Self {
        record.0
    }
}

impl From<Map<String, Value>> for Record {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Record {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// A function that fills in the arguments that a caller leaves out.
pub(crate) type Prepare = std::sync::Arc<dyn Fn(&mut Record) -> crate::error::Result<()> + Send + Sync>;
