//! Text for any JSON value at all: JSON where there is some, else the text.

use serde_json::Value;

use super::dress::{trimmed, unfenced};
use crate::parse::candidates;
use crate::parse::coerce::Coercer;
use crate::parse::node::Node;
use crate::parse::reader;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::ShapeId;

impl Coercer<'_> {
    /// Reads what may be any JSON value. Words without JSON are text; words around some may be text or not.
    pub(super) fn any_text(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        if let Ok(node) = reader::strict(text) {
            return self.node(id, &node);
        }
        let whole = trimmed(text);
        let literal = match whole {
            "True" => Some(Value::Bool(true)),
            "False" => Some(Value::Bool(false)),
            "None" => Some(Value::Null),
            _ => None,
        };
        if let Some(value) = literal {
            self.mend(Repair::Python);
            return Ok(value);
        }
        let inner = unfenced(whole);
        if inner.len() < whole.len()
            && let Ok(node) = reader::strict(inner)
        {
            self.mend(Repair::Surroundings);
            return self.node(id, &node);
        }
        if inner.starts_with(['{', '[', '(']) && self.is_json(inner) {
            return self.structured(id, text, false);
        }
        if whole.contains(['{', '[']) {
            let found = candidates::scan(whole);
            if found.all.iter().any(|candidate| candidate.fenced) {
                return self.structured(id, text, false);
            }
            // Words that end in a colon give what follows them to the end.
            if let [only] = found.all.as_slice()
                && found.broken.is_none()
                && only.end == whole.len()
                && trimmed(whole.get(..only.start).unwrap_or_default()).ends_with([':', '：'])
            {
                return self.structured(id, text, false);
            }
            if found.broken.is_some() || found.all.iter().any(|candidate| holds_values(&candidate.node)) {
                return Err(self.problem(id, text, "it may be text or the JSON in it"));
            }
        }
        if !whole.is_empty() {
            self.mend(Repair::Unquoted);
        }
        Ok(Value::from(whole))
    }

    /// Tells whether a text that begins with a bracket is meant as JSON: one in parentheses only if it can be read to
    /// its end.
    fn is_json(&self, text: &str) -> bool {
        let read = reader::tolerant(text, 0);
        match read {
            Ok(read) if text.starts_with('(') => read.end == text.len() && holds_values(&read.node),
            _ => !text.starts_with('('),
        }
    }
}

/// Tells whether brackets hold more than words or a single number, as a note or a citation does.
fn holds_values(node: &Node<'_>) -> bool {
    match node {
        Node::Object(entries) => !entries.is_empty(),
        Node::List(items) => match items.as_slice() {
            [] | [Node::Number(_)] => false,
            items => !items.iter().any(|item| matches!(item, Node::Word(_))),
        },
        _ => false,
    }
}
