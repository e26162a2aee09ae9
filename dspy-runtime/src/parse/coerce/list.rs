//! Lists and tuples.

use std::collections::HashSet;

use serde_json::Value;

use super::Coercer;
use crate::parse::node::Node;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId};

impl Coercer<'_> {
    pub(super) fn list(&mut self, id: ShapeId, node: &Node<'_>) -> Result<Value, Problem> {
        let Shape::List { item, .. } = *self.shapes.get(id) else {
            return Err(self.unfit(id, node, "it is not of the type"));
        };
        let values = match node {
            Node::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                let of_lists = matches!(self.shapes.get(item), Shape::List { .. });
                for (index, node) in items.iter().enumerate() {
                    // Whether each item is a list of one, or all of them are one list, is left open.
                    if of_lists && !matches!(node, Node::List(_) | Node::Text(_)) {
                        return Err(self.unfit(item, node, "it is not a list").within_index(index));
                    }
                    values.push(self.node(item, node).map_err(|problem| problem.within_index(index))?);
                }
                values
            }
            Node::Null => return Err(self.unfit(id, node, "null is not a list")),
            single => {
                let value = self.node(item, single).map_err(|_| self.unfit(id, node, "it is not a list"))?;
                self.mend(Repair::SingleItem);
                vec![value]
            }
        };
        self.counted(id, values)
    }

    /// A list within the bounds on its length; in a set, nothing stands twice.
    ///
    /// A set that names a value twice is an error: dropping it, as `HashSet` does, would hide that
    /// the reply is not what its type says.
    pub(in crate::parse) fn counted(&self, id: ShapeId, values: Vec<Value>) -> Result<Value, Problem> {
        let Shape::List { least, most, unique, .. } = *self.shapes.get(id) else {
            return Ok(Value::Array(values));
        };
        if values.len() < least || values.len() > most {
            let reason = format!("it has {} items, which is out of its bounds", values.len());
            return Err(self.problem(id, "", &reason));
        }
        if unique {
            let mut seen = HashSet::new();
            for (index, value) in values.iter().enumerate() {
                let text = value.to_string();
                if seen.contains(&text) {
                    let problem = self.problem(id, &text, "it stands twice in a set");
                    return Err(problem.within_index(index));
                }
                seen.insert(text);
            }
        }
        Ok(Value::Array(values))
    }

    pub(super) fn tuple(&mut self, id: ShapeId, node: &Node<'_>) -> Result<Value, Problem> {
        let Node::List(nodes) = node else { return Err(self.unfit(id, node, "it is not a list")) };
        self.check_arity(id, nodes.len()).map_err(|reason| self.unfit(id, node, &reason))?;
        let mut values = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let Some(item) = self.item_of_tuple(id, index) else { break };
            values.push(self.node(item, node).map_err(|problem| problem.within_index(index))?);
        }
        Ok(Value::Array(values))
    }

    /// Checks that a tuple may have this many items.
    pub(in crate::parse) fn check_arity(&self, id: ShapeId, found: usize) -> Result<(), String> {
        let Shape::Tuple { items, rest, least } = self.shapes.get(id) else { return Ok(()) };
        if found < *least || (found > items.len() && rest.is_none()) {
            return Err(format!("it has {found} items instead of {}", items.len()));
        }
        Ok(())
    }

    pub(in crate::parse) fn item_of_tuple(&self, id: ShapeId, index: usize) -> Option<ShapeId> {
        let Shape::Tuple { items, rest, .. } = self.shapes.get(id) else { return None };
        items.get(index).copied().or(*rest)
    }
}
