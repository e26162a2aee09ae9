//! One JSON object.

use std::sync::Arc;

use super::split::{JsonSplitter, Splitter};
use super::{Adapter, ChatAdapter, XmlAdapter, describe};
use crate::parse::{self, Mode, Parsed};
use crate::problem::Problem;
use crate::prompt::{Message, ResponseFormat};
use crate::signature::Schema;
use crate::value::Record;

/// Asks for one JSON object with a key for each output, and holds the model to JSON where it can
/// be. A reply of sections or tags instead is read all the same.
///
/// # Example
///
/// ```
/// use dspy::adapter::{Adapter, JsonAdapter};
/// use dspy::parse::Mode;
/// use dspy::{Signature, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// let parsed = JsonAdapter.parse(Answer::schema(), "{\"word\": \"Paris\"}", Mode::Tolerant).expect("it fits");
/// assert_eq!(parsed.record.get("word").and_then(|word| word.as_str()), Some("Paris"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonAdapter;

impl Adapter for JsonAdapter {
    fn name(&self) -> &'static str {
        "json"
    }

    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        let mut task = describe::task(schema, instructions);
        task.push_str("\nInputs come as sections, each under a marker line. Reply with one JSON object and nothing else, its keys in this order:\n\n{");
        for (index, field) in schema.outputs().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            task.push_str(&format!("{comma}{:?}: {}", field.name(), field.spec().text()));
        }
        task.push_str("}\n");

        let mut messages = vec![Message::system(task)];
        for demo in demos {
            messages.push(self.input(schema, demo));
            messages.push(self.output(schema, demo));
        }
        messages
    }

    fn input(&self, schema: &Schema, input: &Record) -> Message {
        let mut text = describe::sections(schema.inputs(), input);
        text.push(&format!("Reply with one JSON object that has {}.", describe::output_names(schema)));
        Message::user(text)
    }

    fn output(&self, schema: &Schema, output: &Record) -> Message {
        Message::assistant(output.only(schema.outputs().map(|field| field.name())).to_string())
    }

    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
        parse::json(schema, reply, mode)
    }

    fn again(&self, schema: &Schema, problems: &[Problem]) -> Message {
        describe::again(schema, problems, ", as one JSON object")
    }

    fn format(&self, schema: &Schema) -> ResponseFormat {
        ResponseFormat::JsonSchema(schema.json_format().clone())
    }

    fn splitter(&self, _: &Schema) -> Option<Box<dyn Splitter>> {
        Some(Box::new(JsonSplitter::new()))
    }

    fn others(&self) -> Vec<Arc<dyn Adapter>> {
        vec![ChatAdapter::shared(), Arc::new(XmlAdapter)]
    }
}
