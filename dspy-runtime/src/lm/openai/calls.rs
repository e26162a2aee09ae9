//! Calls of tools whose parts come in the events of a stream.

use serde_json::Value;

use super::reply::Call;
use crate::lm::{CallPart, ToolCall};

/// The calls so far, in the order in which they began.
#[derive(Default)]
pub(super) struct Calls(Vec<Parts>);

/// A call whose arguments come in parts.
#[derive(Default)]
struct Parts {
    index: Option<usize>,
    id: String,
    name: String,
    arguments: String,
}

impl Calls {
    /// Takes a part of a call and says what it brings, if that is anything new.
    ///
    /// As OpenAI has it, a call has a number in every part, its id and name in the first, and its arguments bit by
    /// bit. Some servers number all calls 0, some give whole calls and no number, some repeat id and name in every
    /// part, and some make up an id for each of them.
    pub(super) fn add(&mut self, mut call: Call) -> Option<CallPart> {
        let function = call.function();
        let Call { index, id, .. } = call;
        let (id, name) = (id.unwrap_or_default(), function.name.unwrap_or_default());
        let arguments = match function.arguments {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => String::new(),
            Some(object) => object.to_string(),
        };
        let part = Parts { index, id, name, arguments };
        match self.of(&part) {
            Some(place) => self.0.get_mut(place)?.go_on(place, part),
            None => {
                let begun = CallPart::new(self.0.len(), &part.name, &part.arguments);
                self.0.push(part);
                Some(begun)
            }
        }
    }

    /// The place of the call that a part goes on with, if it begins no other.
    fn of(&self, part: &Parts) -> Option<usize> {
        let by_id = |known: &Parts| !part.id.is_empty() && known.id == part.id && known.index == part.index;
        let by_index = |known: &Parts| known.index == part.index;
        let place = self.0.iter().position(by_id).or_else(|| self.0.iter().rposition(by_index))?;
        Some(place).filter(|place| self.0.get(*place).is_some_and(|known| !known.is_followed_by(part)))
    }

    pub(super) fn whole(self) -> Vec<ToolCall> {
        self.0.into_iter().map(|call| ToolCall::read(call.id, call.name, &call.arguments)).collect()
    }
}

impl Parts {
    /// Returns whether a part under the same number begins another call: it has a name, and the call before
    /// has all that it needs or another id.
    fn is_followed_by(&self, part: &Self) -> bool {
        if part.name.is_empty() || self.name.is_empty() {
            return false;
        }
        if !self.id.is_empty() && !part.id.is_empty() {
            return self.id != part.id;
        }
        let whole_beside_another = self.is_whole() && !part.arguments.is_empty();
        let without_number = part.index.is_none() && self.arguments.is_empty();
        let of_another_name = part.name != self.name && !self.arguments.is_empty();
        whole_beside_another || without_number || of_another_name
    }

    fn go_on(&mut self, place: usize, part: Self) -> Option<CallPart> {
        let is_named = self.id.is_empty() && !part.id.is_empty();
        let brings = is_named || !part.name.is_empty() || !part.arguments.is_empty();
        let mut more = CallPart::new(place, "", "");
        // The first id is the one that the answer must name.
        if self.id.is_empty() {
            self.id = part.id;
        }
        if part.name != self.name {
            self.name.push_str(&part.name);
            more.name = part.name;
        }
        // Some servers end with the whole call once more.
        if !(self.is_whole() && part.arguments == self.arguments) {
            self.arguments.push_str(&part.arguments);
            more.arguments = part.arguments;
        }
        brings.then_some(more)
    }

    fn is_whole(&self) -> bool {
        self.arguments.trim_end().ends_with('}')
            && serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The calls of these parts, as a person reads them.
    fn calls(parts: &[Value]) -> Vec<String> {
        let mut calls = Calls::default();
        for part in parts {
            calls.add(serde_json::from_value(part.clone()).expect("a part"));
        }
        calls.whole().iter().map(|call| format!("{} {call}", call.id)).collect()
    }

    fn part(index: Value, id: Value, name: Value, arguments: &str) -> Value {
        json!({"index": index, "id": id, "function": {"name": name, "arguments": arguments}})
    }

    #[test]
    fn calls_that_are_all_numbered_0_are_told_apart() {
        let two = ["a find({\"n\":7})", "b find({\"n\":8})"];
        let (zero, none) = (|| json!(0), || Value::Null);
        let whole = [
            part(zero(), json!("a"), json!("find"), "{\"n\":7}"),
            part(zero(), json!("b"), json!("find"), "{\"n\":8}"),
        ];
        assert_eq!(calls(&whole), two);
        let in_parts = [
            part(zero(), json!("a"), json!("find"), ""),
            part(zero(), none(), none(), "{\"n\""),
            part(zero(), none(), none(), ":7}"),
            part(zero(), json!("b"), json!("find"), "{\"n\":"),
            part(zero(), none(), none(), "8}"),
        ];
        assert_eq!(calls(&in_parts), two);
        let without_ids = [
            part(zero(), none(), json!("find"), "{\"n\":7}"),
            part(zero(), none(), json!("find"), "{\"n\":8}"),
            part(zero(), none(), json!("look"), "{}"),
        ];
        assert_eq!(calls(&without_ids), [" find({\"n\":7})", " find({\"n\":8})", " look({})"]);
        let without_arguments =
            [part(zero(), json!("a"), json!("now"), ""), part(zero(), json!("b"), json!("now"), "")];
        assert_eq!(calls(&without_arguments), ["a now({})", "b now({})"]);
    }

    #[test]
    fn a_name_in_every_part_is_said_once() {
        let name = || json!("find");
        let parts = [
            part(json!(0), json!("a"), name(), "{\"n\""),
            part(json!(0), json!("a"), name(), ":7"),
            part(json!(0), json!("a"), name(), "}"),
            part(json!(0), json!("a"), name(), ""),
        ];
        assert_eq!(calls(&parts), ["a find({\"n\":7})"]);
        let without_ids = [
            part(json!(0), Value::Null, name(), "{\"n\""),
            part(json!(1), Value::Null, name(), "{\"n\":8}"),
            part(json!(0), Value::Null, name(), ":7}"),
        ];
        assert_eq!(calls(&without_ids), [" find({\"n\":7})", " find({\"n\":8})"]);
        let whole_at_the_end = [
            part(json!(0), json!("a"), name(), "{\"n\":7}"),
            part(json!(0), json!("a"), name(), "{\"n\":7}"),
        ];
        assert_eq!(calls(&whole_at_the_end), ["a find({\"n\":7})"]);
    }

    #[test]
    fn odd_ids_and_names_are_put_together() {
        // An id made up for each part, as some versions of vLLM do.
        let parts = [
            part(json!(0), json!("a"), json!("find"), ""),
            part(json!(0), json!("x"), Value::Null, "{\"n\":"),
            part(json!(0), json!("y"), Value::Null, "7}"),
        ];
        assert_eq!(calls(&parts), ["a find({\"n\":7})"]);
        let name_in_parts = [
            part(json!(0), json!("a"), json!("find_"), ""),
            part(json!(0), Value::Null, json!("parcel"), "{}"),
        ];
        assert_eq!(calls(&name_in_parts), ["a find_parcel({})"]);
        let no_numbers = [
            json!({"id": "a", "function": {"name": "find", "arguments": {"n": 7}}}),
            json!({"id": "b", "function": {"name": "find", "arguments": {"n": 8}}}),
            json!({"function": {"name": "now"}}),
            json!({"function": {"name": "now"}}),
        ];
        assert_eq!(calls(&no_numbers), ["a find({\"n\":7})", "b find({\"n\":8})", " now({})", " now({})"]);
    }
}
