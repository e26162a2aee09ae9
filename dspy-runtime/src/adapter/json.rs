//! One JSON object.

use std::sync::{Arc, LazyLock};

use super::split::{JsonSplitter, Splitter};
use super::{Adapter, ChatAdapter, XmlAdapter, describe};
use crate::parse::{self, Mode, Parsed};
use crate::problem::Problem;
use crate::prompt::{Message, ResponseFormat};
use crate::signature::Schema;
use crate::value::Record;

/// Asks for one JSON object with a key for each output, and holds the model to its schema where it can be: the default
/// for models that can. A reply of sections or tags instead is read all the same.
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

impl JsonAdapter {
    /// The one instance that contexts share.
    pub(crate) fn shared() -> &'static Arc<dyn Adapter> {
        static SHARED: LazyLock<Arc<dyn Adapter>> = LazyLock::new(|| Arc::new(JsonAdapter));
        &SHARED
    }
}

impl Adapter for JsonAdapter {
    fn name(&self) -> &'static str {
        "json"
    }

    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        let mut task = describe::task(schema, instructions);
        task.push_str("\nReply with one JSON object:\n");
        task.push_str(&describe::object_form(schema));
        task.push('\n');

        let mut messages = vec![Message::system(task)];
        for demo in demos {
            messages.push(self.input(schema, demo));
            messages.push(self.output(schema, demo));
        }
        messages
    }

    fn input(&self, schema: &Schema, input: &Record) -> Message {
        // The form stands in the task alone: to repeat it here cost tokens and right answers on small models.
        let mut text = describe::sections(schema.inputs(), input);
        text.trim_end();
        Message::user(text)
    }

    fn output(&self, schema: &Schema, output: &Record) -> Message {
        Message::assistant(output.only(schema.outputs().map(|field| field.name())).to_string())
    }

    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
        parse::json(schema, reply, mode)
    }

    fn again(&self, schema: &Schema, problems: &[Problem]) -> Message {
        describe::again(
            schema,
            problems,
            &format!(", as one JSON object:\n{}", describe::object_form(schema)),
        )
    }

    fn format(&self, schema: &Schema) -> ResponseFormat {
        ResponseFormat::JsonSchema(schema.json_format().clone())
    }

    fn splitter(&self, _: &Schema) -> Option<Box<dyn Splitter>> {
        Some(Box::new(JsonSplitter::new()))
    }

    fn others(&self) -> Vec<Arc<dyn Adapter>> {
        vec![ChatAdapter::shared().clone(), Arc::new(XmlAdapter)]
    }
}
