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
/// # Servers
///
/// All that a type states is checked when a reply is read, whoever has held the model to it. So the table is about what
/// a model cannot write in the first place:
///
/// | server | what it is sent | what it leaves to the reading |
/// |---|---|---|
/// | chat completions and responses of OpenAI, and the servers that take their form | the schema, as `strict` where it has no maps, tuples or values of any type | what is not strict |
/// | Anthropic | a schema that could be strict, its bounds in descriptions; else nothing | bounds and lengths, and all of other types |
/// | Gemini | the schema | |
/// | Groq, DeepSeek | that the reply is to be some JSON object | the type |
/// | llama.cpp, as of October 2026 | the schema, integer keys of maps as any keys | patterns with `\d`, `\w` or `\s`, and which keys a map has; whole numbers end after 16 digits, so longer ones are asked for in quotes |
/// | any that refuses what it is sent | some JSON object, then any text, with a [note](crate::trace::Note::FormRefused) | the type |
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
