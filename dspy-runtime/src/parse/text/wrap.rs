//! The wrapping that models put around a value: its name, a list of one, the envelope of a call or a service.

use super::{fold, words};
use crate::parse::node::{Entry, Node};

/// The one value in an object of one key or a list of one item.
pub(super) fn unwrapped<'n, 'a>(node: &'n Node<'a>) -> Option<&'n Node<'a>> {
    match node {
        Node::Object(entries) => match entries.as_slice() {
            [(key, value)] if !is_aside(key) => Some(value),
            several => enveloped(several).map(|(value, _)| value),
        },
        Node::List(items) => match items.as_slice() {
            [value] => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// The value in the envelope of a call or of a service, and the keys of what else the envelope holds: a name, an
/// identifier, a state that is good.
pub(in crate::parse) fn enveloped<'n, 'a>(entries: &'n [Entry<'a>]) -> Option<(&'n Node<'a>, Vec<&'n str>)> {
    let mut inner = None;
    let mut others = Vec::new();
    for (key, value) in entries {
        match value {
            Node::Object(_) | Node::List(_) if is_payload(key) && inner.is_none() => inner = Some(value),
            Node::Text(text)
                if is_payload(key) && inner.is_none() && text.trim_start().starts_with(['{', '[']) =>
            {
                inner = Some(value);
            }
            value if is_good(key, value) => others.push(key.as_ref()),
            _ => return None,
        }
    }
    inner.filter(|_| !others.is_empty()).map(|inner| (inner, others))
}

/// Tells whether a key of an envelope holds what the envelope is for.
fn is_payload(key: &str) -> bool {
    const PAYLOADS: [&str; 14] = [
        "arguments",
        "args",
        "parameters",
        "params",
        "input",
        "function",
        "data",
        "result",
        "output",
        "response",
        "answer",
        "payload",
        "content",
        "value",
    ];
    PAYLOADS.contains(&fold::lower(key).as_str())
}

/// Tells whether an entry beside the payload says nothing against it.
fn is_good(key: &str, value: &Node<'_>) -> bool {
    match fold::lower(key).as_str() {
        "type" | "name" | "tool" | "tool_name" | "id" | "call_id" | "tool_call_id" | "role" | "version"
        | "index" | "model" | "timestamp" => matches!(value, Node::Text(_) | Node::Number(_)),
        "status" | "state" | "code" => match value {
            Node::Text(text) => ["ok", "success", "succeeded", "completed", "complete", "done", "200"]
                .contains(&fold::lower(text).as_str()),
            Node::Number(raw) => matches!(*raw, "0" | "200"),
            _ => false,
        },
        "success" | "ok" | "successful" => matches!(value, Node::Bool(true)),
        "error" | "errors" => match value {
            Node::Null => true,
            Node::List(items) => items.is_empty(),
            _ => false,
        },
        _ => false,
    }
}

/// Tells whether a key says that its value is no answer.
pub(in crate::parse) fn is_aside(key: &str) -> bool {
    const ASIDES: [&str; 24] = [
        "error",
        "errors",
        "message",
        "reason",
        "note",
        "warning",
        "example",
        "examples",
        "schema",
        "draft",
        "except",
        "exclude",
        "excluded",
        "exclusions",
        "rejected",
        "removed",
        "discarded",
        "ignored",
        "invalid",
        "forbidden",
        "unlike",
        "missing",
        "old",
        "previous",
    ];
    // `not_in`, `isNot` and `non-matching` say it in one of their words.
    let mut words = String::new();
    for c in key.chars() {
        if c.is_uppercase() && words.ends_with(char::is_lowercase) {
            words.push(' ');
        }
        words.push(if c.is_alphanumeric() { c } else { ' ' });
    }
    fold::lower(&words)
        .split(' ')
        .any(|word| ASIDES.contains(&word) || words::negates(word) || words::opens(word))
}
