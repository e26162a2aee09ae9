//! One of several types: what fits as it is, else the one that needs the fewest repairs.

use serde_json::Value;

use super::Coercer;
use crate::parse::node::Node;
use crate::parse::text::fold;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId};

/// The options of a union that fit, with what each took.
#[derive(Default)]
pub(in crate::parse) struct Fits {
    all: Vec<(Value, Vec<Repair>)>,
    problems: Vec<Problem>,
}

impl Fits {
    pub(in crate::parse) fn take(&mut self, fit: Result<Value, Problem>, repairs: Vec<Repair>) {
        match fit {
            Ok(value) => self.all.push((value, repairs)),
            Err(problem) => self.problems.push(problem),
        }
    }

    /// The value that needs the fewest repairs, unless another needs as little.
    pub(in crate::parse) fn nearest(
        self,
        none: impl FnOnce() -> Problem,
    ) -> Result<(Value, Vec<Repair>), Problem> {
        let Self { mut all, mut problems } = self;
        let Some(least) = all.iter().map(|(_, repairs)| repairs.len()).min() else {
            return Err(if problems.len() == 1 { problems.remove(0) } else { none() });
        };
        all.retain(|(_, repairs)| repairs.len() == least);
        let chosen = all.swap_remove(0);
        if all.iter().any(|(value, _)| *value != chosen.0) {
            let mut problem = none();
            "it fits two types of the union in different ways".clone_into(&mut problem.reason);
            return Err(problem);
        }
        Ok(chosen)
    }
}

impl Coercer<'_> {
    pub(super) fn union(
        &mut self,
        id: ShapeId,
        options: &[ShapeId],
        node: &Node<'_>,
    ) -> Result<Value, Problem> {
        let mut fits = Fits::default();
        let mark = self.repairs.len();
        for option in options {
            if !self.may_fit(*option, node) {
                continue;
            }
            let fit = self.node(*option, node);
            let repairs = self.repairs.split_off(mark);
            if fit.is_ok() && repairs.is_empty() {
                // What serde takes first, too.
                return fit;
            }
            fits.take(fit, repairs);
        }
        let (value, repairs) =
            fits.nearest(|| self.unfit(id, node, "it fits none of the types of the union"))?;
        self.repairs.extend(repairs);
        Ok(value)
    }

    /// Returns whether an option is worth a try: the kind of value is right, and the tags are.
    fn may_fit(&self, id: ShapeId, node: &Node<'_>) -> bool {
        match (self.shapes.get(id), node) {
            (Shape::Object(object), Node::Object(entries)) => object.properties.iter().all(|property| {
                let Shape::Labels(tags) = self.shapes.get(property.shape) else { return true };
                if !property.required {
                    return true;
                }
                let name = fold::squashed(&property.name);
                let value = entries.iter().find(|(key, _)| *key == property.name);
                let value = value.or_else(|| entries.iter().find(|(key, _)| fold::squashed(key) == name));
                match value {
                    Some((_, Node::Text(text))) => {
                        let found = fold::squashed(text);
                        tags.len() > 1 || tags.iter().any(|tag| fold::squashed(tag) == found)
                    }
                    Some(_) => true,
                    None => false,
                }
            }),
            (Shape::Object(_) | Shape::Tuple { .. }, Node::Text(text)) => looks_encoded(text),
            (Shape::Object(_), _) => false,
            (Shape::Null | Shape::Bool | Shape::Number(_) | Shape::Integer(_), node) => {
                !matches!(node, Node::List(_) | Node::Object(_))
            }
            (Shape::Text { .. } | Shape::Labels(_), node) => {
                !matches!(node, Node::List(_) | Node::Object(_) | Node::Null)
            }
            // A single item for a list, but never for one that holds what else the union takes.
            (Shape::List { .. }, Node::Null) => false,
            _ => true,
        }
    }
}

fn looks_encoded(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '(', '`'])
}
