//! The value that a text means for a type.
//!
//! A section of a reply is text, and so is a string that stands where another value is wanted.
//! JSON is looked for first; then what people write in its place: a number in a sentence, a label in
//! another spelling, a list of bullets.

mod any;
mod dress;
pub(super) mod fold;
mod items;
mod label;
mod list;
mod mention;
pub(super) mod number;
mod scalar;
mod structured;
mod tokens;
mod union;
mod words;
mod wrap;

use serde_json::Value;

pub(super) use dress::{is_info, trimmed, unfenced};
pub(super) use label::{label_beside, mentions_other_label, spelled_label};
pub(super) use wrap::{enveloped, is_aside};

use super::coerce::Coercer;
use super::node::Node;
use super::reader;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId, Shapes};

/// Returns whether words leave open which of several values is meant.
pub(super) fn leaves_open(text: &str) -> bool {
    tokens::tokens(text).iter().any(|token| words::compares(&token.lower))
}

/// Tells whether words put the value after them in the place of the one before.
pub(super) fn replaces(text: &str) -> bool {
    let tokens = tokens::tokens(text);
    tokens.iter().any(|token| words::replaces(&token.lower))
        && !tokens.iter().any(|token| words::adds(&token.lower))
}

/// Tells whether the words before a value give it as the answer, and do not only say what something is like.
pub(super) fn hands_over(text: &str) -> bool {
    let tokens = tokens::tokens(text);
    gives(text) && !tokens.last().is_some_and(|token| matches!(token.lower.as_str(), "like" | "with" | "as"))
}

/// Tells whether the last line of a text leads up to something that is shown below it.
pub(super) fn introduces(text: &str) -> bool {
    let line = trimmed(text).lines().next_back().unwrap_or_default();
    let line = line.trim_end_matches(['*', '_', '`', ' ']);
    line.ends_with([':', '：', ',', '('])
        || tokens::tokens(line).iter().any(|token| words::shows(&token.lower))
}

/// Returns whether words take back what was said before them.
pub(super) fn takes_back(text: &str) -> bool {
    tokens::tokens(text).iter().any(|token| words::regrets(&token.lower))
}

/// Returns whether a text is one label, number or boolean of a type that takes nothing else beside null, and
/// no word more.
pub(super) fn stands_alone(shapes: &Shapes, id: ShapeId, text: &str) -> bool {
    match shapes.only(id) {
        Some((_, Shape::Labels(names))) => spelled_label(names, text).is_some(),
        Some((_, Shape::Bool)) => scalar::is_bool(text),
        Some((_, shape @ (Shape::Integer(_) | Shape::Number(_)))) => {
            number::spelled(dress::undressed(text), matches!(shape, Shape::Integer(_))).is_ok()
        }
        _ => false,
    }
}

/// Returns whether words before a value say that it is no answer.
pub(super) fn disowns(text: &str) -> bool {
    tokens::tokens(text).iter().any(|token| words::disowns(&token.lower) || token.lower.ends_with("n't"))
}

/// Returns whether the words before a value give it as the answer, as a colon does.
pub(super) fn gives(text: &str) -> bool {
    let text = trimmed(text.trim_end_matches(['*', '`', ' ']));
    let tokens = tokens::tokens(text);
    text.is_empty()
        || text.ends_with([':', '=', '：'])
        || tokens.last().is_some_and(|token| words::gives(&token.lower))
}

impl Coercer<'_> {
    /// Reads a text as a shape.
    pub(super) fn text(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        self.deeper(|coercer| coercer.read_text(id, text), || text.to_owned())
    }

    fn read_text(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        match self.shapes.get(id) {
            Shape::Text { most, .. } => {
                let bare = trimmed(text);
                // Quotes are part of a text, unless the text is too long with them.
                if bare.len() > *most
                    && let Ok(Node::Text(inner)) = reader::strict(bare)
                    && inner.chars().count() <= *most
                {
                    self.mend(Repair::Quoted);
                    return self.sized(id, &inner);
                }
                self.sized(id, bare)
            }
            Shape::Any => self.any_text(id, text),
            Shape::Never => Err(self.problem(id, text, "the type has no values")),
            Shape::Union(options) => self.union_text(id, options, text),
            Shape::List { .. } | Shape::Tuple { .. } | Shape::Object(_) => self.structured(id, text, false),
            Shape::Null
            | Shape::Bool
            | Shape::Integer(_)
            | Shape::Number(_)
            | Shape::Labels(_)
            | Shape::Fixed(_) => self.single(id, text),
        }
    }

    /// A single value, which may stand in JSON.
    fn single(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        let inner = unfenced(text);
        if inner.starts_with(['{', '['])
            && let Ok(read) = reader::tolerant(inner, 0)
            && trimmed(inner.get(read.end..).unwrap_or_default()).is_empty()
        {
            self.repairs.extend(read.repairs);
            if inner.len() != trimmed(text).len() {
                self.mend(Repair::Surroundings);
            }
            let Some(only) = wrap::unwrapped(&read.node) else {
                return Err(self.problem(id, text, "it is not of the type"));
            };
            self.mend(Repair::Unwrapped);
            return self.node(id, only);
        }
        self.scalar_text(id, text)
    }
}
