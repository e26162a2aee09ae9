//! Sections under `[[ ## field ## ]]` markers.

use std::sync::{Arc, LazyLock};

use super::split::{ChatSplitter, Splitter};
use super::{Adapter, JsonAdapter, XmlAdapter, describe};
use crate::parse::{self, Mode, Parsed};
use crate::problem::Problem;
use crate::prompt::Message;
use crate::signature::Schema;
use crate::value::Record;

/// Writes inputs and outputs as sections under `[[ ## field ## ]]` markers: the default, which
/// needs nothing from the model but text. A reply that is JSON or in tags instead is read all the same.
///
/// # Example
///
/// ```
/// use dspy::adapter::{Adapter, ChatAdapter};
/// use dspy::{Record, Signature, signature};
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
/// let input = Record::from_iter([("question", "Capital of France?")]);
/// let message = ChatAdapter.input(Answer::schema(), &input);
/// assert!(message.text().starts_with("[[ ## question ## ]]\nCapital of France?\n\n"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ChatAdapter;

impl ChatAdapter {
    /// The one instance that contexts share, so that what a state fixes is written once for all of them.
    pub(crate) fn shared() -> Arc<dyn Adapter> {
        static SHARED: LazyLock<Arc<dyn Adapter>> = LazyLock::new(|| Arc::new(ChatAdapter));
        SHARED.clone()
    }

    fn reminder(schema: &Schema) -> String {
        let names: Vec<_> = schema.outputs().map(|field| format!("`[[ ## {} ## ]]`", field.name())).collect();
        format!("Reply with {}, then `[[ ## completed ## ]]`.", names.join(", then "))
    }
}

impl Adapter for ChatAdapter {
    fn name(&self) -> &'static str {
        "chat"
    }

    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        let mut task = describe::task(schema, instructions);
        task.push_str("\nInputs come as sections, each under a marker line. Reply in the same form, with nothing outside the sections:\n\n");
        for field in schema.outputs() {
            describe::marker(&mut task, field.name());
            task.push_str(&format!("({})\n\n", field.spec().text()));
        }
        describe::marker(&mut task, "completed");

        let mut messages = vec![Message::system(task)];
        for demo in demos {
            messages.push(self.input(schema, demo));
            messages.push(self.output(schema, demo));
        }
        messages
    }

    fn input(&self, schema: &Schema, input: &Record) -> Message {
        let mut text = describe::sections(schema.inputs(), input);
        text.push(&Self::reminder(schema));
        Message::user(text)
    }

    fn output(&self, schema: &Schema, output: &Record) -> Message {
        let mut text = describe::sections(schema.outputs(), output);
        describe::marker(&mut text, "completed");
        Message::assistant(text)
    }

    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
        parse::sections(schema, reply, mode)
    }

    fn again(&self, schema: &Schema, problems: &[Problem]) -> Message {
        describe::again(schema, problems, ", each under its marker")
    }

    fn splitter(&self, _: &Schema) -> Option<Box<dyn Splitter>> {
        Some(Box::new(ChatSplitter::new()))
    }

    fn others(&self) -> Vec<Arc<dyn Adapter>> {
        vec![Arc::new(JsonAdapter), Arc::new(XmlAdapter)]
    }
}
