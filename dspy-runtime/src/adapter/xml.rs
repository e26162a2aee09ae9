//! Tags of the fields' names.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;

use super::split::{Splitter, XmlSplitter};
use super::{Adapter, ChatAdapter, JsonAdapter, describe};
use crate::parse::{self, Mode, Parsed};
use crate::problem::Problem;
use crate::prompt::{Content, Message};
use crate::signature::{Field, Schema};
use crate::value::Record;

/// Writes inputs and outputs in tags of their names, `<queue>refund</queue>`: for models that keep to
/// tags better than to markers, and for texts that are code or markup.
///
/// Texts stand between their tags as they are. Nothing is escaped and nothing is unescaped: what the
/// model writes as `a < b && c` is that text, and an `&amp;` stays an `&amp;`. Tags of other names are
/// text; a text that holds its own tag is written as `<![CDATA[…]]>`, and read as such. Lists and objects
/// are JSON inside their tag. Where a reply can be read in several ways, as when a tag stands twice with
/// different texts, it is refused. A reply of sections or JSON instead is read all the same.
///
/// # Example
///
/// ```
/// use dspy::adapter::XmlAdapter;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Predict, signature};
///
/// /// Write the condition as code.
/// #[signature]
/// struct Condition {
///     #[input]
///     wish: String,
///     #[output]
///     code: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Scripted::replies(["<code>\na < b && c\n</code>"])).with_adapter(XmlAdapter);
/// let wish = "a below b, and c".into();
/// let reply = Predict::<Condition>::new().call(&cx, ConditionInput { wish }).await?;
/// assert_eq!((reply.code.as_str(), reply.repairs().count()), ("a < b && c", 0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct XmlAdapter;

impl XmlAdapter {
    /// The tags of a reply, with what stands for their values.
    fn form(schema: &Schema) -> String {
        let tag = |field: &Field| format!("<{0}>\n{1}\n</{0}>", field.name(), describe::value_form(field));
        schema.outputs().map(tag).collect::<Vec<_>>().join("\n\n")
    }
}

impl Adapter for XmlAdapter {
    fn name(&self) -> &'static str {
        "xml"
    }

    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        let mut task = describe::task(schema, instructions);
        task.push_str("\nReply in tags, text as it is, without escapes, and lists and objects as JSON:\n\n");
        task.push_str(&Self::form(schema));
        let mut messages = vec![Message::system(task.trim_end())];
        for demo in demos {
            messages.push(self.input(schema, demo));
            messages.push(self.output(schema, demo));
        }
        messages
    }

    fn input(&self, schema: &Schema, input: &Record) -> Message {
        let mut text = tags(schema.inputs(), input);
        let names: Vec<_> = schema.outputs().map(|field| format!("`<{}>`", field.name())).collect();
        let _ = write!(text, "\n\nReply with {}.", names.join(", then "));
        Message::user(text)
    }

    fn output(&self, schema: &Schema, output: &Record) -> Message {
        Message::assistant(tags(schema.outputs(), output))
    }

    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
        parse::tags(schema, reply, mode)
    }

    fn again(&self, schema: &Schema, problems: &[Problem]) -> Message {
        describe::again(schema, problems, &format!(", each in its tag:\n\n{}", Self::form(schema)))
    }

    fn splitter(&self, schema: &Schema) -> Option<Box<dyn Splitter>> {
        Some(Box::new(XmlSplitter::new(schema.outputs().map(Field::name))))
    }

    fn again_in(&self) -> Option<Arc<dyn Adapter>> {
        Some(JsonAdapter::shared().clone())
    }

    fn others(&self) -> Vec<Arc<dyn Adapter>> {
        vec![ChatAdapter::shared().clone(), JsonAdapter::shared().clone()]
    }
}

/// Fields, each in its tag, a blank line between them.
fn tags<'a>(fields: impl Iterator<Item = &'a Field>, record: &Record) -> Content {
    let mut content = Content::default();
    for (field, value) in fields.filter_map(|field| Some((field, record.get(field.name())?))) {
        let name = field.name();
        if !content.is_empty() {
            content.push("\n\n");
        }
        match value {
            Value::String(text) if field.spec().media_kind().is_none() && holds_tag(name, text) => {
                let text = text.replace("]]>", "]]]]><![CDATA[>");
                let _ = write!(content, "<{name}><![CDATA[{text}]]></{name}>");
            }
            value => {
                let _ = writeln!(content, "<{name}>");
                describe::value(&mut content, field, value);
                let _ = write!(content, "\n</{name}>");
            }
        }
    }
    content
}

/// Returns whether a text holds its own tag, or begins like one that is set apart.
fn holds_tag(name: &str, text: &str) -> bool {
    let own = |rest: &str| rest.strip_prefix('/').unwrap_or(rest).starts_with(name);
    text.trim_start().starts_with("<![CDATA[") || text.split('<').skip(1).any(own)
}
