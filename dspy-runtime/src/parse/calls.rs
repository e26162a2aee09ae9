//! Calls of tools that stand in the text of a reply.
//!
//! A model that has not learned its provider's way writes a call as JSON: alone, in a code fence, in `<tool_call>`
//! tags, one after the other or in a list. What is no call of a tool that there is, is text.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::candidates::{self, Candidate};
use super::node::{Entry, Node};
use super::text::{disowns, trimmed};
use super::{LONGEST, reader, reasoning};
use crate::repair::Repair;

/// The calls of tools in a text, and the text around them.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Calls {
    /// The tools and their arguments, in order, none twice.
    pub(crate) calls: Vec<(String, Value)>,
    /// The text without them.
    pub(crate) rest: String,
}

/// Finds the calls in a text. There are none where one begins that cannot be read.
pub(crate) fn find(text: &str, is_tool: impl Fn(&str) -> bool) -> Option<Calls> {
    let text = answer(text)?;
    let found = candidates::find(text);
    if found.broken.is_some() {
        return None;
    }
    let mut calls = Calls::default();
    let mut from = 0;
    for candidate in &found.all {
        let Some((thought, wanted)) = wanted(text, candidate, &is_tool) else { continue };
        calls.say(text.get(from..candidate.start).unwrap_or_default());
        calls.say(&thought);
        from = candidate.end;
        for call in wanted {
            if !calls.calls.contains(&call) {
                calls.calls.push(call);
            }
        }
    }
    calls.say(text.get(from..).unwrap_or_default());
    (!calls.calls.is_empty()).then_some(calls)
}

/// A text that was cut off, up to the end of the last call that is whole.
pub(crate) fn before_cut(reply: &str, is_tool: impl Fn(&str) -> bool) -> Option<&str> {
    let text = answer(reply)?;
    let found = candidates::find(text);
    let whole = |candidate: &&Candidate<'_>| {
        !candidate.repairs.contains(&Repair::Unclosed) && wanted(text, candidate, &is_tool).is_some()
    };
    let last = found.all.iter().rfind(whole)?;
    text.get(..last.end)
}

/// The text after the reasoning in front of it.
fn answer(text: &str) -> Option<&str> {
    if text.len() > LONGEST {
        return None;
    }
    reasoning::before_reply(text).ok().map(|(rest, _)| rest)
}

impl Calls {
    /// Adds what was said around a call, without the signs that set the call apart.
    fn say(&mut self, text: &str) {
        for line in text.lines() {
            let line = line.replace("<tool_call>", "").replace("</tool_call>", "");
            let line = line.trim_end();
            if line.is_empty() || line.trim_start().starts_with("```") {
                continue;
            }
            if !self.rest.is_empty() {
                self.rest.push('\n');
            }
            self.rest.push_str(line);
        }
        self.rest.truncate(self.rest.trim_end().len());
    }
}

type Wanted = Vec<(String, Value)>;

/// The calls that a value of a text makes, with the text around them.
fn wanted(
    text: &str,
    candidate: &Candidate<'_>,
    is_tool: &impl Fn(&str) -> bool,
) -> Option<(String, Wanted)> {
    let before = text.get(..candidate.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    if disowns(line) {
        return None;
    }
    match &candidate.node {
        Node::Object(entries) => several(entries, is_tool).or_else(|| {
            let call = call(&candidate.node, false, is_tool)?;
            Some((String::new(), vec![call]))
        }),
        node => Some((String::new(), list(node, false, is_tool)?)),
    }
}

/// The calls of an object that has a list of them, beside a thought.
fn several(entries: &[Entry<'_>], is_tool: &impl Fn(&str) -> bool) -> Option<(String, Wanted)> {
    let (mut calls, mut thought) = (None, "");
    for (key, node) in entries {
        match (key.as_ref(), node) {
            ("calls" | "tool_calls", node) if calls.is_none() => calls = Some(list(node, true, is_tool)?),
            ("thought" | "content", Node::Text(text)) => thought = text,
            ("content" | "role", _) => {}
            _ => return None,
        }
    }
    Some((thought.to_owned(), calls?))
}

fn list(node: &Node<'_>, sure: bool, is_tool: &impl Fn(&str) -> bool) -> Option<Wanted> {
    let Node::List(items) = node else { return None };
    let calls: Option<Wanted> = items.iter().map(|item| call(item, sure, is_tool)).collect();
    calls.filter(|calls| !calls.is_empty())
}

/// The one call that an object is. Where nothing else makes it sure, an object that has no arguments is none: a name
/// alone may be anything.
fn call(node: &Node<'_>, sure: bool, is_tool: &impl Fn(&str) -> bool) -> Option<(String, Value)> {
    let Node::Object(entries) = node else { return None };
    let (mut name, mut arguments, mut sure) = (None, None, sure);
    for (key, node) in entries {
        match (key.as_ref(), node) {
            ("function", inner @ Node::Object(_)) if name.is_none() && arguments.is_none() => {
                let (tool, given) = call(inner, true, is_tool)?;
                (name, arguments) = (Some(Cow::Owned(tool)), Some(given));
            }
            ("name" | "tool" | "function", Node::Text(text)) if name.is_none() => {
                sure |= key == "tool";
                name = Some(Cow::Borrowed(text.as_ref()));
            }
            ("arguments" | "args" | "parameters", node) if arguments.is_none() => {
                arguments = Some(given(node)?);
            }
            ("id" | "index" | "type", _) => {}
            _ => return None,
        }
    }
    let name = name.filter(|name| is_tool(name))?;
    let arguments = arguments.or_else(|| sure.then(|| Value::Object(Map::new())))?;
    Some((name.into_owned(), arguments))
}

/// Arguments: an object, or the text of one, which stays as it is where it is no JSON, so that the model can be informed.
fn given(node: &Node<'_>) -> Option<Value> {
    match node {
        Node::Object(_) => value(node),
        Node::Null => Some(Value::Object(Map::new())),
        Node::Text(text) => {
            let inner = reader::strict(trimmed(text)).ok();
            match inner.as_ref().filter(|inner| matches!(inner, Node::Object(_))) {
                Some(inner) => value(inner),
                None => Some(Value::from(text.as_ref())),
            }
        }
        _ => None,
    }
}

/// A value as JSON; nothing where a key stands twice.
fn value(node: &Node<'_>) -> Option<Value> {
    Some(match node {
        Node::Null => Value::Null,
        Node::Bool(value) => Value::Bool(*value),
        Node::Number(raw) => serde_json::from_str(raw).ok()?,
        Node::Text(text) => Value::from(text.as_ref()),
        Node::Word(word) => Value::from(*word),
        Node::List(items) => Value::Array(items.iter().map(value).collect::<Option<_>>()?),
        Node::Object(entries) => {
            let mut map = Map::new();
            for (key, node) in entries {
                if map.insert(key.to_string(), value(node)?).is_some() {
                    return None;
                }
            }
            Value::Object(map)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn is_tool(name: &str) -> bool {
        ["stock", "price", "submit"].contains(&name)
    }

    fn read(text: &str) -> Option<Calls> {
        find(text, is_tool)
    }

    #[test]
    fn one_call_in_any_of_its_forms() {
        let lamp = json!({"item": "lamp"});
        for text in [
            "```json\n{\"name\": \"stock\", \"arguments\": {\"item\": \"lamp\"}}\n```",
            "{\"name\": \"stock\", \"arguments\": {\"item\": \"lamp\"}}\n",
            "<tool_call>\n{\"name\": \"stock\", \"arguments\": {\"item\": \"lamp\"}}\n</tool_call>",
            "{\"tool\": \"stock\", \"arguments\": {\"item\": \"lamp\"}}",
            "{\"name\": \"stock\", \"args\": {\"item\": \"lamp\"}}",
            "{\"name\": \"stock\", \"parameters\": {\"item\": \"lamp\"}}",
            "{\"type\": \"function\", \"name\": \"stock\", \"parameters\": {\"item\": \"lamp\"}}",
            "{\"name\": \"stock\", \"arguments\": \"{\\\"item\\\": \\\"lamp\\\"}\"}",
            "{\"tool_calls\": [{\"id\": \"1\", \"function\": {\"name\": \"stock\", \"arguments\": {\"item\": \"lamp\"}}}]}",
            "[{\"name\": \"stock\", \"arguments\": {\"item\": \"lamp\"}}]",
            "{'name': 'stock', 'arguments': {'item': 'lamp'}}",
            "<think>hm</think>{\"name\": \"stock\", \"arguments\": {\"item\": \"lamp\"}}",
        ] {
            let calls = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(calls.calls, [("stock".to_owned(), lamp.clone())], "{text}");
            assert_eq!(calls.rest, "", "{text}");
        }
    }

    #[test]
    fn several_calls_and_what_is_said_beside_them() {
        let text = "I look both up.\n<tool_call>\n{\"name\": \"stock\", \"arguments\": {\"item\": \"rug\"}}\n</tool_call>\n\
                    <tool_call>\n{\"name\": \"price\", \"arguments\": {\"item\": \"rug\"}}\n</tool_call>\nThen I answer.";
        let calls = read(text).expect("two calls");
        let names: Vec<_> = calls.calls.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            (names.as_slice(), calls.rest.as_str()),
            (&["stock", "price"][..], "I look both up.\nThen I answer.")
        );

        let again = "{\"name\": \"submit\", \"arguments\": {\"number\": 2}}\n".repeat(20);
        assert_eq!(read(&again).expect("a call").calls, [("submit".to_owned(), json!({"number": 2}))]);

        let turn = r#"{"thought": "So.", "calls": [{"tool": "stock"}, {"name": "price", "arguments": {}}]}"#;
        let calls = read(turn).expect("two calls");
        assert_eq!((calls.calls.len(), calls.rest.as_str()), (2, "So."));
        let broken = read(r#"{"name": "stock", "arguments": "item=lamp"}"#).expect("a call");
        assert_eq!(broken.calls[0].1, json!("item=lamp"), "the model is told what is wrong with it");
    }

    #[test]
    fn what_is_no_call_is_text() {
        for text in [
            "",
            "There are 7 lamps.",
            "{\"name\": \"weather\", \"arguments\": {}}",
            "{\"name\": \"stock\"}",
            "{\"name\": \"stock\", \"arguments\": {}, \"price\": 3}",
            "{\"name\": \"stock\", \"arguments\": [1]}",
            "{\"name\": \"stock\", \"arguments\": {\"item\": \"a\", \"item\": \"b\"}}",
            "[{\"name\": \"stock\", \"arguments\": {}}, 3]",
            "Do not call {\"name\": \"stock\", \"arguments\": {}}",
            "{\"calls\": []}",
            "{\"name\": \"stock\", \"arguments\": {\"item\": \"la",
            "stock(\"lamp\")",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_that_was_cut_has_the_calls_that_are_whole() {
        let call = "{\"name\": \"stock\", \"arguments\": {\"item\": \"rug\"}}";
        assert_eq!(before_cut(&format!("{call}\n{{\"name\": \"pri"), is_tool), Some(call));
        assert_eq!(
            before_cut(&format!("{call}\n{call}\n{{\"na"), is_tool).map(str::len),
            Some(2 * call.len() + 1)
        );
        assert_eq!(before_cut("{\"name\": \"stock\", \"arguments\": {\"item\": \"rug\"}", is_tool), None);
        assert_eq!(before_cut("There are", is_tool), None);
    }

    #[test]
    fn nothing_but_known_tools_is_called_whatever_is_written() {
        const PIECES: [&str; 20] = [
            "{",
            "}",
            "[",
            "]",
            "\"name\": \"stock\"",
            "\"arguments\": ",
            "\"arguments\": {\"item\": \"lamp\"}",
            ",",
            "\"tool\"",
            ":",
            "\"price\"",
            "\"none\"",
            "<tool_call>",
            "</tool_call>",
            "```json\n",
            "```",
            "\n",
            "not ",
            "{\"name\": \"stock\", \"arguments\": {}}",
            "{\"function\": {\"name\": \"price\", \"arguments\": \"{}\"}}",
        ];
        let mut seed = 1_u64;
        let mut draw = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        for _ in 0..5_000 {
            let text: String = (0..draw(12)).map(|_| PIECES[draw(PIECES.len())]).collect();
            if let Some(calls) = read(&text) {
                assert!(
                    calls.calls.iter().all(|(name, _)| is_tool(name) && text.contains(name.as_str())),
                    "{text}"
                );
            }
            if let Some(whole) = before_cut(&text, is_tool) {
                assert!(text.contains(whole) && read(whole).is_some(), "{text}");
            }
        }
    }
}
