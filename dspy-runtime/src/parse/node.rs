//! The content of a reply, before any type is asked of it.

use std::borrow::Cow;

/// A value as it was written.
///
/// Numbers keep their digits, so that a long integer is never rounded on the way and a number that
/// is wanted as text is the text that was written. Objects keep every key, so that one that stands
/// twice is seen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    /// A number as JSON writes it.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// Text without quotes around it.
    Word(&'a str),
    List(Vec<Node<'a>>),
    Object(Vec<Entry<'a>>),
}

pub(super) type Entry<'a> = (Cow<'a, str>, Node<'a>);

impl Node<'_> {
    /// The value in JSON-like words, for error messages.
    pub(super) fn snippet(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    /// Writes until there is enough for a snippet.
    fn write(&self, to: &mut String) {
        if to.len() > 200 {
            return;
        }
        match self {
            Node::Null => to.push_str("null"),
            Node::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
            Node::Number(raw) | Node::Word(raw) => to.extend(raw.chars().take(200)),
            Node::Text(text) => {
                to.push('"');
                to.extend(text.chars().take(200));
                to.push('"');
            }
            Node::List(items) => {
                to.push('[');
                for (index, item) in items.iter().enumerate().take(100) {
                    to.push_str(if index > 0 { ", " } else { "" });
                    item.write(to);
                }
                to.push(']');
            }
            Node::Object(entries) => {
                to.push('{');
                for (index, (key, value)) in entries.iter().enumerate().take(100) {
                    to.push_str(if index > 0 { ", " } else { "" });
                    to.extend(key.chars().take(200));
                    to.push_str(": ");
                    value.write(to);
                }
                to.push('}');
            }
        }
    }
}
