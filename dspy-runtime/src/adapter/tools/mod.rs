//! A prompt with tools in it.

mod example;

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use super::describe;
use super::split::Splitter;
use super::{Adapter, ChatAdapter};
use crate::parse::{self, Mode, Parsed, calls};
use crate::problem::Problem;
use crate::prompt::{JsonSupport, Message, ResponseFormat, ToolSpec};
use crate::repair::Repair;
use crate::signature::{Field, Schema, TypeSpec};
use crate::value::Record;

/// An adapter that also tells the model which tools there are, and reads calls out of the text as any output.
#[derive(Debug)]
pub(crate) struct WithTools {
    inner: Arc<dyn Adapter>,
    tools: Vec<ToolSpec>,
}

/// The prompt of a model that is given its tools by its provider, and asks for them in the provider's way.
#[derive(Debug)]
pub(crate) struct NativeTools {
    /// The input that stands in messages of its own: the turns so far.
    pub(crate) turns: String,
}

impl WithTools {
    pub(crate) fn new(inner: Arc<dyn Adapter>, tools: Vec<ToolSpec>) -> Self {
        Self { inner, tools }
    }

    /// Returns whether it is the one of this adapter and these tools, so that what it has written still
    /// holds.
    pub(crate) fn is_of(&self, inner: &Arc<dyn Adapter>, tools: &[ToolSpec]) -> bool {
        Arc::ptr_eq(&self.inner, inner) && self.tools == tools
    }

    fn listed(&self) -> String {
        let mut text = String::from("The tools:\n");
        for ToolSpec { name, description, parameters } in &self.tools {
            let arguments = TypeSpec::from_schema(parameters.clone());
            let _ = writeln!(text, "- `{name}`: {}", indented(description, "  "));
            match has_arguments(parameters) {
                true => writeln!(text, "  arguments: {}", arguments.text()),
                false => writeln!(text, "  no arguments"),
            }
            .unwrap_or_default();
            for (argument, described) in descriptions(parameters) {
                let _ = writeln!(text, "  - `{argument}`: {}", indented(described, "    "));
            }
        }
        // The last one gives the answer, and an answer that is copied would be a wrong one.
        let acting = self.tools.split_last().map_or(&[][..], |(_, acting)| acting);
        if let Some(call) = acting.iter().find_map(example::call) {
            let _ = write!(text, "Calls are a list such as [{call}]");
        }
        text
    }

    /// The turn that a reply is whose calls stand in its text.
    fn called(&self, schema: &Schema, reply: &str) -> Option<Parsed> {
        let mut names = schema.outputs().map(Field::name);
        let (Some(thought), Some(calls), None) = (names.next(), names.next(), names.next()) else {
            return None;
        };
        let line = |line| parse::split_marker(line).map_or(line, |(_, rest)| rest).trim_end();
        let unmarked: Vec<&str> = reply.lines().map(line).collect();
        let is_tool = |name: &str| self.tools.iter().any(|tool| tool.name == name);
        let found = calls::find(&unmarked.join("\n"), is_tool)?;
        let asked =
            found.calls.into_iter().map(|(tool, arguments)| json!({"tool": tool, "arguments": arguments}));
        let mut parsed = Parsed { repairs: vec![Repair::CallInText], ..Parsed::default() };
        parsed.record.insert(thought, Value::from(found.rest));
        parsed.record.insert(calls, Value::Array(asked.collect()));
        Some(parsed)
    }
}

/// A text of several lines under the first of them. Empty lines are left out.
fn indented(text: &str, by: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines.join(&format!("\n{by}"))
}

fn has_arguments(parameters: &serde_json::Value) -> bool {
    let properties = parameters.get("properties").and_then(|properties| properties.as_object());
    properties.is_none_or(|properties| !properties.is_empty())
}

/// Returns the description of each argument.
fn descriptions(parameters: &serde_json::Value) -> impl Iterator<Item = (&str, &str)> {
    let properties = parameters.get("properties").and_then(|properties| properties.as_object());
    properties
        .into_iter()
        .flatten()
        .filter_map(|(name, schema)| Some((name.as_str(), schema.get("description")?.as_str()?)))
}

impl Adapter for WithTools {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        self.inner.fixed(schema, &format!("{}\n\n{}", instructions.trim(), self.listed()), demos)
    }

    fn input(&self, schema: &Schema, input: &Record) -> Message {
        self.inner.input(schema, input)
    }

    fn output(&self, schema: &Schema, output: &Record) -> Message {
        said(schema, output).unwrap_or_else(|| self.inner.output(schema, output))
    }

    /// Reads a turn in the format that was asked for. Where that, and any other format, fails, calls are looked for in
    /// the text.
    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
        let read = self.inner.parse(schema, reply, mode);
        let is_other = || self.inner.others().iter().any(|other| other.parse(schema, reply, mode).is_ok());
        if read.is_ok() || mode == Mode::Strict || is_other() {
            return read;
        }
        self.called(schema, reply).map_or(read, Ok)
    }

    fn again(&self, schema: &Schema, problems: &[Problem]) -> Message {
        self.inner.again(schema, problems)
    }

    fn format(&self, schema: &Schema) -> ResponseFormat {
        self.inner.format(schema)
    }

    fn stops(&self, schema: &Schema) -> Vec<String> {
        self.inner.stops(schema)
    }

    fn again_in(&self) -> Option<Arc<dyn Adapter>> {
        Some(Arc::new(Self::new(self.inner.again_in()?, self.tools.clone())))
    }

    fn extraction(&self, reader: JsonSupport) -> Option<Arc<dyn Adapter>> {
        self.inner.extraction(reader)
    }

    fn splitter(&self, schema: &Schema) -> Option<Box<dyn Splitter>> {
        self.inner.splitter(schema)
    }

    fn others(&self) -> Vec<Arc<dyn Adapter>> {
        self.inner.others()
    }
}

impl Adapter for NativeTools {
    fn name(&self) -> &'static str {
        "tools"
    }

    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        let mut text = describe::given(instructions, self.shown(schema));
        for (number, demo) in demos.iter().enumerate() {
            let _ = write!(text, "\nAn example of a good turn, number {}:\n", number + 1);
            for (name, value) in demo.iter() {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let _ = writeln!(text, "- {name}: {}", value.trim().replace('\n', "\n  "));
            }
        }
        vec![Message::system(text)]
    }

    fn input(&self, schema: &Schema, input: &Record) -> Message {
        Message::user(describe::sections(self.shown(schema), input))
    }

    fn output(&self, schema: &Schema, output: &Record) -> Message {
        said(schema, output).unwrap_or_else(|| ChatAdapter.output(schema, output))
    }

    /// Replies are no text to be read.
    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
        ChatAdapter.parse(schema, reply, mode)
    }
}

impl NativeTools {
    fn shown<'a>(&'a self, schema: &'a Schema) -> impl Iterator<Item = &'a Field> {
        schema.inputs().filter(|field| field.name() != self.turns)
    }
}

/// An earlier turn of a conversation, which has the outputs of the whole task and not those of one turn with tools.
fn said(schema: &Schema, output: &Record) -> Option<Message> {
    if schema.outputs().any(|field| output.contains(field.name())) {
        return None;
    }
    let asked = |name: &str| schema.inputs().any(|field| field.name() == name);
    let said: Record = output.iter().filter(|(name, _)| !asked(name)).map(|(n, v)| (n, v.clone())).collect();
    Some(Message::assistant(said.to_string()))
}
