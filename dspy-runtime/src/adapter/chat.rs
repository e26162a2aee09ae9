//! Sections under `[[ ## field ## ]]` markers.

use std::sync::{Arc, LazyLock};

use super::split::{ChatSplitter, Splitter};
use super::{Adapter, JsonAdapter, XmlAdapter, describe};
use crate::parse::{self, Mode, Parsed};
use crate::problem::Problem;
use crate::prompt::Message;
use crate::signature::Schema;
use crate::value::Record;

/// Writes inputs and outputs as sections under `[[ ## field ## ]]` markers, which needs nothing from the model but text:
/// the default for models that cannot be held to JSON. A reply that is JSON or in tags instead is read all the same.
///
/// # Example
///
/// ```
/// use dspy::adapter::{Adapter, ChatAdapter};
/// use dspy::data::Record;
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
/// let input = Record::from_iter([("question", "Capital of France?")]);
/// let message = ChatAdapter.input(Answer::schema(), &input);
/// assert!(message.text().starts_with("[[ ## question ## ]]\nCapital of France?\n\n"));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ChatAdapter;

/// The name of the marker that ends a reply.
const END: &str = "completed";

impl ChatAdapter {
    /// The one instance that contexts share, so that what a state fixes is written once for all of them.
    pub(crate) fn shared() -> &'static Arc<dyn Adapter> {
        static SHARED: LazyLock<Arc<dyn Adapter>> = LazyLock::new(|| Arc::new(ChatAdapter));
        &SHARED
    }

    /// The sections of a reply, with what stands for their values.
    fn form(schema: &Schema) -> String {
        let mut form = String::new();
        for field in schema.outputs() {
            describe::marker(&mut form, field.name());
            form.push_str(&describe::value_form(field));
            form.push_str("\n\n");
        }
        describe::marker(&mut form, END);
        form
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
        task.push_str("\nReply in sections, each under its marker line:\n\n");
        task.push_str(&Self::form(schema));

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
        describe::marker(&mut text, END);
        Message::assistant(text)
    }

    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
        parse::sections(schema, reply, mode)
    }

    fn again(&self, schema: &Schema, problems: &[Problem]) -> Message {
        let form = format!(", each under its marker line:\n\n{}", Self::form(schema));
        describe::again(schema, problems, form.trim_end())
    }

    /// The end marker at the start of a line, unless an output has its name.
    fn stops(&self, schema: &Schema) -> Vec<String> {
        match schema.outputs().any(|field| field.name() == END) {
            true => Vec::new(),
            false => vec![format!("\n[[ ## {END} ## ]]")],
        }
    }

    fn splitter(&self, _: &Schema) -> Option<Box<dyn Splitter>> {
        Some(Box::new(ChatSplitter::new()))
    }

    fn again_in(&self) -> Option<Arc<dyn Adapter>> {
        Some(JsonAdapter::shared().clone())
    }

    fn others(&self) -> Vec<Arc<dyn Adapter>> {
        vec![JsonAdapter::shared().clone(), Arc::new(XmlAdapter)]
    }
}
