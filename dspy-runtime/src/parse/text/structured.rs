//! Lists, tuples and objects from text.

use serde_json::Value;

use super::dress::{trimmed, unfenced};
use super::wrap::unwrapped;
use crate::parse::candidates::{self, Candidates};
use crate::parse::coerce::Coercer;
use crate::parse::node::Node;
use crate::parse::reasoning;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId};

impl Coercer<'_> {
    /// Reads a text that holds JSON, or stands for a list.
    ///
    /// `encoded` says that the text was a string of JSON itself.
    pub(in crate::parse) fn structured(
        &mut self,
        id: ShapeId,
        text: &str,
        encoded: bool,
    ) -> Result<Value, Problem> {
        let (rest, reasoned) = reasoning::before(text).map_err(|reason| self.problem(id, text, reason))?;
        if reasoned {
            self.mend(Repair::Reasoning);
        }
        let whole = trimmed(rest);
        if whole.is_empty() {
            return Err(self.problem(id, text, "it is empty"));
        }
        if let Some(value) = self.escaped(id, whole) {
            return value;
        }
        let is_list = matches!(self.shapes.get(id), Shape::List { .. } | Shape::Tuple { .. });
        if is_list && super::items::has_bullets(unfenced(whole)) {
            let mark = self.repairs.len();
            let value = self.bullets(id, unfenced(whole));
            // Bullets beside JSON are remarks, unless any text may be an item.
            if value.is_ok() || self.takes_any_text(id) || candidates::find(whole).all.is_empty() {
                return value;
            }
            self.repairs.truncate(mark);
        }
        let found = candidates::find(whole);
        if found.all.is_empty() && found.broken.is_none() && is_list {
            return self.plain_list(id, text);
        }
        if encoded {
            self.mend(Repair::DoubleEncoded);
        }
        if let Some(values) = self.lines_of_objects(id, whole, &found) {
            return values;
        }
        let mark = self.repairs.len();
        let fit = |node: &Node<'_>| {
            let value = self.top(id, node, 0);
            let repairs = self.repairs.split_off(mark);
            value.map(|value| (value, repairs))
        };
        let chosen = candidates::choose(whole, &found, fit, |problem| problem);
        let (value, repairs) = chosen.map_err(|mut problem| {
            if problem.expected.is_empty() {
                problem.expected = self.shapes.words(id);
            }
            problem
        })?;
        self.repairs.extend(repairs);
        Ok(value)
    }

    /// A value at the top of a text, which may be wrapped in an object or list of one.
    fn top(&mut self, id: ShapeId, node: &Node<'_>, wraps: usize) -> Result<Value, Problem> {
        let mark = self.repairs.len();
        let first = self.node(id, node);
        let first_cost = self.repairs.len() - mark;
        if first.is_ok() && first_cost == 0 {
            return first;
        }
        let Some(inner) = unwrapped(node).filter(|_| wraps < 3) else { return first };
        // A map takes any object, so that nothing would tell its entries from a name around it.
        if let (Shape::Object(shape), Node::Object(_)) = (self.shapes.get(id), node)
            && shape.properties.is_empty()
        {
            return first;
        }
        // An envelope is one only where it is not itself the value.
        if first.is_ok() && matches!(node, Node::Object(entries) if entries.len() > 1) {
            return first;
        }
        let kept = self.repairs.split_off(mark);
        let second = self.top(id, inner, wraps + 1);
        let second_cost = self.repairs.len() - mark + 1;
        match (first, second) {
            (Ok(_), Ok(value)) if second_cost < first_cost => {
                self.mend(Repair::Unwrapped);
                Ok(value)
            }
            // One thing that must be made a list and be written otherwise, too, is hardly the list that is wanted.
            (Err(_), Ok(value)) if !self.far_fetched(mark) => {
                self.mend(Repair::Unwrapped);
                Ok(value)
            }
            (first, _) => {
                self.repairs.truncate(mark);
                self.repairs.extend(kept);
                first
            }
        }
    }

    /// Tells whether the repairs since a mark make a list of one value that is of another type than its items.
    fn far_fetched(&self, mark: usize) -> bool {
        let made = self.repairs.get(mark..).unwrap_or_default();
        made.contains(&Repair::SingleItem)
            && made.iter().any(|repair| matches!(repair, Repair::AsText | Repair::Quoted))
    }

    /// JSON whose quotes are escaped although no string is around it.
    fn escaped(&mut self, id: ShapeId, text: &str) -> Option<Result<Value, Problem>> {
        let inner = text.strip_prefix(['{', '['])?;
        if !trimmed(inner.trim_start_matches("\\n")).starts_with("\\\"") {
            return None;
        }
        let text = candidates::unescaped(text)?;
        self.mend(Repair::DoubleEncoded);
        Some(self.text(id, &text))
    }

    /// A list whose items are objects one after the other, with nothing between them.
    fn lines_of_objects(
        &mut self,
        id: ShapeId,
        text: &str,
        found: &Candidates<'_>,
    ) -> Option<Result<Value, Problem>> {
        let Shape::List { item, .. } = *self.shapes.get(id) else { return None };
        let objects = found.all.iter().all(|candidate| matches!(candidate.node, Node::Object(_)));
        if found.all.len() < 2 || found.broken.is_some() || !objects {
            return None;
        }
        let mut end = None;
        for candidate in &found.all {
            let gap = end.map_or("", |end| text.get(end..candidate.start).unwrap_or_default());
            if !trimmed(gap.replace(',', "").as_str()).is_empty() {
                return Some(Err(self.problem(id, text, "several objects stand where a list is wanted")));
            }
            end = Some(candidate.end);
        }
        let mut values = Vec::new();
        for (index, candidate) in found.all.iter().enumerate() {
            self.repairs.extend(candidate.repairs.iter().cloned());
            match self.node(item, &candidate.node) {
                Ok(value) => values.push(value),
                Err(problem) => return Some(Err(problem.within_index(index))),
            }
        }
        self.mend(Repair::TextList);
        Some(self.counted(id, values))
    }
}
