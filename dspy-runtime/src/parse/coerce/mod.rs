//! Brings what was read to a type.
//!
//! A value is taken as it is where it fits. Where it does not, it is taken in the one way in which
//! it can be meant, and the [`Repair`] is noted; where there are several ways, or none, it is a
//! [`Problem`].

mod list;
mod object;
mod scalar;
mod union;

use serde_json::Value;

use super::node::Node;
use super::reader::DEEPEST;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId, Shapes, TypeSpec};
pub(super) use object::{Keyed, keyed};
pub(super) use union::Fits;

/// Values inside each other: what a reader gives, with room for what a type wraps around it.
const DEPTH: usize = DEEPEST + 32;

/// Brings values to the shapes of one type.
pub(super) struct Coercer<'s> {
    pub(super) shapes: &'s Shapes,
    /// Every repair in order; the count also tells which option of a union is the nearest.
    pub(super) repairs: Vec<Repair>,
    depth: usize,
    /// The remaining work that one text may make, so that types which overlap in many ways cannot make
    /// it grow without bound.
    steps: usize,
}

impl<'s> Coercer<'s> {
    pub(super) fn new(spec: &'s TypeSpec, text_len: usize) -> Self {
        let steps = (10_000 + text_len).saturating_mul(64 + spec.shapes().len());
        Self { shapes: spec.shapes(), repairs: Vec::new(), depth: 0, steps }
    }

    /// Brings a value to a shape.
    pub(super) fn node(&mut self, id: ShapeId, node: &Node<'_>) -> Result<Value, Problem> {
        self.deeper(|coercer| coercer.fit(id, node), || node.snippet())
    }

    /// Goes one level deeper, as far as there is room.
    pub(super) fn deeper(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<Value, Problem>,
        found: impl FnOnce() -> String,
    ) -> Result<Value, Problem> {
        let room = self.depth < DEPTH && self.steps > 0;
        if !room {
            let reason = if self.steps > 0 { "it is nested too deeply" } else { "it fits in too many ways" };
            return Err(Problem::new("", &found(), reason));
        }
        self.depth += 1;
        self.steps -= 1;
        let value = work(self);
        self.depth -= 1;
        value
    }

    pub(super) fn mend(&mut self, repair: Repair) {
        self.repairs.push(repair);
    }

    fn fit(&mut self, id: ShapeId, node: &Node<'_>) -> Result<Value, Problem> {
        match (self.shapes.get(id), node) {
            (Shape::Union(options), _) => self.union(id, options, node),
            (Shape::Any, _) => self.any(node),
            (Shape::Never, _) => Err(self.unfit(id, node, "the type has no values")),
            (Shape::Text { .. }, _) => self.string(id, node),
            (Shape::List { .. } | Shape::Tuple { .. } | Shape::Object(_), Node::Text(text)) => {
                self.structured(id, text, true)
            }
            (Shape::List { .. }, _) => self.list(id, node),
            (Shape::Tuple { .. }, _) => self.tuple(id, node),
            (Shape::Object(shape), Node::Object(entries)) => self.object(id, shape, entries, node),
            (Shape::Object(shape), Node::List(_)) => self.bare_list(id, shape, node),
            (Shape::Object(_), _) => Err(self.unfit(id, node, "it is not an object")),
            _ => self.scalar(id, node),
        }
    }

    /// A problem with what a shape expected.
    pub(super) fn unfit(&self, id: ShapeId, node: &Node<'_>, reason: &str) -> Problem {
        self.problem(id, &node.snippet(), reason)
    }

    pub(super) fn problem(&self, id: ShapeId, found: &str, reason: &str) -> Problem {
        let mut problem = Problem::new("", found, reason);
        problem.expected = self.shapes.words(id);
        problem
    }
}
