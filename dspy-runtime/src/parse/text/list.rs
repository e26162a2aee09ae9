//! Lists that are no JSON: bullets, values between commas, a value alone.

use serde_json::Value;

use super::dress::{trimmed, undressed, unfenced};
use super::scalar::is_null;
use super::{items, number};
use crate::parse::coerce::Coercer;
use crate::parse::node::Node;
use crate::parse::reader;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId};

impl Coercer<'_> {
    pub(super) fn bullets(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        let (items, around) = items::items(text).map_err(|reason| self.problem(id, text, reason))?;
        self.mend(Repair::TextList);
        if around {
            self.mend(Repair::Surroundings);
        }
        // Quotes around every item are no part of the items.
        let strings: Option<Vec<String>> = items
            .iter()
            .map(|item| match reader::strict(item) {
                Ok(Node::Text(text)) => Some(text.into_owned()),
                _ => None,
            })
            .collect();
        if strings.is_some() {
            self.mend(Repair::Quoted);
        }
        let items = strings.unwrap_or(items);
        self.each(id, text, items.iter().map(String::as_str))
    }

    /// A list that is neither JSON nor bullets.
    pub(super) fn plain_list(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        let inner = unfenced(text);
        if is_null(inner) {
            return Err(self.problem(id, text, "it is no list"));
        }
        if self.holds_text(id) {
            return self.single_text(id, inner, text);
        }
        let separator = if inner.contains('\n') {
            '\n'
        } else if inner.contains(';') {
            ';'
        } else {
            ','
        };
        let parts: Vec<&str> = inner.split(separator).map(trimmed).collect();
        let parts: Vec<&str> = match parts.split_last() {
            // A line break or comma after the last item begins no other.
            Some((&"", rest)) if !rest.is_empty() => rest.to_vec(),
            _ => parts,
        };
        if parts.len() == 1 && matches!(self.shapes.get(id), Shape::List { .. }) {
            let values = self.each_part(id, text, &parts)?;
            let single = values.as_array().is_some_and(|values| values.len() == 1);
            self.mend(if single { Repair::SingleItem } else { Repair::TextList });
            return Ok(values);
        }
        let squeezed: String = inner.chars().filter(|c| !c.is_whitespace()).collect();
        let listed = inner.trim_end_matches([',', ' ']);
        let (commas, spaced) = (listed.matches(',').count(), listed.matches(", ").count());
        let some_spaced = separator == ',' && 0 < spaced && spaced < commas;
        let none_spaced = separator == ',' && spaced == 0;
        let one_number =
            number::spelled(&squeezed, true).is_ok() || number::spelled(&squeezed, false).is_ok();
        if some_spaced || (none_spaced && one_number) {
            return Err(self.problem(id, text, "its commas may part items or digits"));
        }
        self.mend(Repair::TextList);
        self.each_part(id, text, &parts)
    }

    /// The parts as items; where the last is none, it may be two with an "and" between them.
    fn each_part(&mut self, id: ShapeId, text: &str, parts: &[&str]) -> Result<Value, Problem> {
        let mark = self.repairs.len();
        let whole = self.each(id, text, parts.iter().copied());
        let Some((last, rest)) = parts.split_last().filter(|_| whole.is_err()) else { return whole };
        let (before, after) = match last.strip_prefix("and ") {
            Some(after) => (None, after),
            None => match last.split_once(" and ") {
                Some((before, after)) => (Some(trimmed(before)), after),
                None => return whole,
            },
        };
        let kept = self.repairs.split_off(mark);
        let mut parts = rest.to_vec();
        parts.extend(before);
        parts.push(trimmed(after));
        self.each(id, text, parts.into_iter()).or_else(|_| {
            self.repairs.truncate(mark);
            self.repairs.extend(kept);
            whole
        })
    }

    fn each<'t>(
        &mut self,
        id: ShapeId,
        text: &str,
        parts: impl ExactSizeIterator<Item = &'t str>,
    ) -> Result<Value, Problem> {
        let list = match self.shapes.get(id) {
            Shape::List { item, .. } => Some(*item),
            _ => None,
        };
        self.check_arity(id, parts.len()).map_err(|reason| self.problem(id, text, &reason))?;
        let mut values = Vec::with_capacity(parts.len());
        for (index, part) in parts.enumerate() {
            let Some(item) = list.or_else(|| self.item_of_tuple(id, index)) else { break };
            values.push(self.text(item, part).map_err(|problem| problem.within_index(index))?);
        }
        self.counted(id, values)
    }

    /// One text as a list of one, where nothing in it may part it into several.
    fn single_text(&mut self, id: ShapeId, inner: &str, text: &str) -> Result<Value, Problem> {
        let Shape::List { .. } = self.shapes.get(id) else {
            return Err(self.problem(id, text, "it is no JSON list"));
        };
        let bare = undressed(inner);
        let parted =
            inner.contains(['\n', ',', ';', '|', '/', '&', '、', '，', '؛', '،', ':', '?', '[', '{']);
        let numbers = bare.contains(char::is_whitespace)
            && bare.split_whitespace().all(|word| number::spelled(word, false).is_ok());
        let joined = bare.split_whitespace().any(|word| matches!(word, "and" | "or" | "und" | "et" | "y"));
        let sentence = inner.ends_with(['.', '!', '。']) || bare.split_whitespace().count() > 4;
        if parted || joined || sentence || numbers {
            let reason = "it is no list, and may be several items or none; tried JSON, bullets and one item";
            return Err(self.problem(id, text, reason));
        }
        self.mend(Repair::SingleItem);
        self.each(id, text, [bare].into_iter())
    }

    /// Returns whether any text may be an item of a list.
    pub(super) fn takes_any_text(&self, id: ShapeId) -> bool {
        let Shape::List { item, .. } = self.shapes.get(id) else { return false };
        self.shapes.options(*item).any(|(_, shape)| matches!(shape, Shape::Text { .. } | Shape::Any))
    }

    /// Returns whether a list has items that are more than a word or number, so that commas do not part them.
    fn holds_text(&self, id: ShapeId) -> bool {
        let text = |id: ShapeId| {
            self.shapes.options(id).any(|(_, shape)| {
                !matches!(
                    shape,
                    Shape::Null
                        | Shape::Bool
                        | Shape::Integer(_)
                        | Shape::Number(_)
                        | Shape::Labels(_)
                        | Shape::Fixed(_)
                )
            })
        };
        match self.shapes.get(id) {
            Shape::List { item, .. } => text(*item),
            Shape::Tuple { items, rest, .. } => items.iter().chain(rest).any(|item| text(*item)),
            _ => true,
        }
    }
}
