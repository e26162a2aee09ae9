//! One predictor, as Python saves it.

use serde_json::{Map, Value};

use crate::value::Record;

/// The state of one predictor in a file.
///
/// See [`DspyState`](super::DspyState).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct DspyPredictor {
    /// Its path in Python: `triage`, `resolve.predict`, `hops[0]`; nothing for a bare `Predict`.
    pub path: String,
    /// Its instructions.
    pub instructions: String,
    /// Its fields, inputs then outputs. Their names are not in the file.
    pub fields: Vec<DspyField>,
    /// Its demonstrations, by Python's names, with `augmented` and whatever else is in them.
    pub demos: Vec<Record>,
    /// The name of its own model, if it has one.
    pub model: Option<String>,
    /// The settings of its model that are no secrets.
    pub(super) settings: Map<String, Value>,
    /// The names of the fields in Python, where someone has given them.
    pub(super) names: Option<Vec<String>>,
}

/// The description of one field in a file.
///
/// See [`DspyPredictor`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DspyField {
    /// The words before its value: `Ticket Text:` for `ticket_text`, unless someone wrote others.
    pub prefix: Option<String>,
    /// The meaning: `${ticket_text}` where none was given.
    pub description: Option<String>,
}

impl DspyPredictor {
    /// The name of a field for messages, as far as the file says it.
    pub(super) fn field_list(&self) -> String {
        let shown = |(place, field): (usize, &DspyField)| match (&self.names, &field.prefix) {
            (Some(names), _) => names.get(place).cloned().unwrap_or_default(),
            (None, Some(prefix)) => prefix.trim_end_matches(':').to_owned(),
            (None, None) => "?".to_owned(),
        };
        self.fields.iter().enumerate().map(shown).collect::<Vec<_>>().join(", ")
    }
}
