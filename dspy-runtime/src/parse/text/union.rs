//! Text for one of several types.

use serde_json::Value;

use super::dress::{trimmed, unfenced};
use super::scalar::is_null;
use crate::parse::coerce::{Coercer, Fits};
use crate::parse::node::Node;
use crate::parse::{reader, reasoning};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId};

impl Coercer<'_> {
    /// JSON is read as what it is; text that may stand as it is stands as it is; else the option is
    /// taken that needs the fewest repairs.
    pub(super) fn union_text(
        &mut self,
        id: ShapeId,
        options: &[ShapeId],
        text: &str,
    ) -> Result<Value, Problem> {
        let bare = trimmed(text);
        for option in options {
            if let Shape::Labels(names) = self.shapes.get(*option)
                && names.iter().any(|name| name == bare)
            {
                return Ok(Value::from(bare));
            }
        }
        let has = |is: fn(&Shape) -> bool| self.shapes.options(id).any(|(_, shape)| is(shape));
        let takes_text = has(|shape| matches!(shape, Shape::Text { .. } | Shape::Any));
        if self.shapes.takes_null(id) && null(bare, takes_text) {
            if bare != "null" {
                self.mend(Repair::NullSpelling);
            }
            return Ok(Value::Null);
        }
        if takes_text
            && bare.starts_with('"')
            && let Ok(Node::Text(inner)) = reader::strict(bare)
            && self.needs_quotes(id, &inner)
        {
            return self.node(id, &Node::Text(inner));
        }
        // Quotes are part of a text, as they are where nothing but text is wanted.
        if let Ok(node) = reader::strict(bare)
            && !(takes_text && matches!(node, Node::Text(_)))
        {
            let mark = self.repairs.len();
            let value = self.node(id, &node);
            let literal = takes_text && matches!(value, Ok(Value::String(_)));
            if value.is_ok() && !literal {
                return value;
            }
            self.repairs.truncate(mark);
        }
        let structure = unfenced(bare).starts_with(['{', '[']) && has(is_structure);
        if takes_text && !structure {
            let option =
                options.iter().find(|id| matches!(self.shapes.get(**id), Shape::Text { .. } | Shape::Any));
            return match option {
                Some(option) => self.text(*option, text),
                None => Err(self.problem(id, text, "it fits none of the types of the union")),
            };
        }
        let mut fits = Fits::default();
        let mark = self.repairs.len();
        for option in options {
            let shape = self.shapes.get(*option);
            if matches!(shape, Shape::Text { .. } | Shape::Null | Shape::Any)
                || (structure && !is_structure(shape))
            {
                continue;
            }
            let fit = self.text(*option, text);
            fits.take(fit, self.repairs.split_off(mark));
        }
        let reason = "it fits none of the types of the union; tried each as JSON and as text";
        let (value, repairs) = fits.nearest(|| self.problem(id, text, reason))?;
        self.repairs.extend(repairs);
        Ok(value)
    }
}

impl Coercer<'_> {
    /// Tells whether a text would be read as something else without quotes around it: as `1` or `null` are where
    /// numbers or null may stand as well. Then its quotes are no part of it.
    fn needs_quotes(&mut self, id: ShapeId, inner: &str) -> bool {
        let mark = self.repairs.len();
        let bare = self.text(id, inner);
        self.repairs.truncate(mark);
        let reasoned = reasoning::before(inner).map_or(true, |(_, removed)| removed);
        reasoned || bare.map_or(true, |value| value.as_str() != Some(trimmed(inner)))
    }
}

fn is_structure(shape: &Shape) -> bool {
    matches!(shape, Shape::List { .. } | Shape::Tuple { .. } | Shape::Object(_))
}

/// Returns whether a text stands for null. Where it may also be text, only what programs write does.
fn null(text: &str, takes_text: bool) -> bool {
    if takes_text { matches!(text, "" | "null" | "None") } else { is_null(text) }
}
