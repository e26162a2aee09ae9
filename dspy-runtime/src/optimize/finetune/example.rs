//! Training examples out of what a program did.

use std::sync::Arc;

use serde_json::Value;

use crate::adapter::Adapter;
use crate::agent::is_turn;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{self, Author, Message, Messages, ToolCall, ToolSpec};
use crate::media::MediaKind;
use crate::module::{self, Module};
use crate::predict::Predictor;
use crate::trace::{Exchange, Step, Trace};

/// The predictors of a program by path, as examples show their prompts.
pub(super) struct Askers(Vec<(String, Predictor)>);

/// A conversation that a model is to learn.
struct Example {
    messages: Vec<Message>,
    /// The number of messages that are given: what the model is to learn comes after them.
    given: usize,
    tools: Vec<ToolSpec>,
}

impl Askers {
    /// Those of a program, with its demonstrations or without them.
    pub(super) fn of<P: Module>(program: &P, demos: bool) -> Self {
        let mut program = program.clone();
        let mut found = Vec::new();
        module::each_mut(&mut program, |path, predictor, _| {
            if !demos && !predictor.state().demos.is_empty() {
                let mut state = predictor.state().clone();
                state.demos.clear();
                predictor.set_state(state);
            }
            if !predictor.schema().is_of_tool() {
                found.push((path.to_owned(), predictor.clone()));
            }
        });
        Self(found)
    }

    /// Checks that the model of a context would be asked as a run was: for tools in its provider's way, or by
    /// text.
    ///
    /// # Errors
    ///
    /// When it would be asked in the other way, so that it would learn what it is never asked.
    pub(super) fn check_form(cx: &Context, trace: &Trace) -> Result<()> {
        let takes = cx.lm().model().takes_tools();
        for step in trace.chosen() {
            let native = step.exchanges.first().is_some_and(|exchange| !exchange.request().tools.is_empty());
            let (asked, would) = match native {
                true if !takes => ("in its provider's way", "by text"),
                false if takes && is_turn(&step.schema) => ("by text", "in its provider's way"),
                _ => continue,
            };
            let message = format!(
                "the teacher called the tools of `{}` {asked}, and {} would be asked to call them {would}: set \
                 `tools` alike on the models of both",
                step.path,
                cx.lm().id()
            );
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        Ok(())
    }

    /// The lines of the calls of a run that have an answer, in their order. The turns of an agent that is given tools
    /// by the provider are one conversation, and so one line.
    pub(super) async fn lines(&self, cx: &Context, trace: &Trace) -> Result<Vec<String>> {
        let mut examples: Vec<(&str, Example)> = Vec::new();
        for step in trace.chosen() {
            let Some((path, predictor)) = self.0.iter().find(|(path, _)| **path == *step.path) else {
                continue;
            };
            let Some(example) = Example::of(cx, predictor, step).await? else { continue };
            examples.retain(|(other, earlier)| *other != path || !example.goes_on(earlier));
            examples.push((path, example));
        }
        examples.into_iter().map(|(_, example)| example.line()).collect()
    }
}

impl Example {
    /// Returns the example that a call makes, if it has an answer.
    async fn of(cx: &Context, predictor: &Predictor, step: &Step) -> Result<Option<Self>> {
        let Ok(output) = &step.output else { return Ok(None) };
        let form: &Arc<dyn Adapter> = step.form.as_ref().unwrap_or_else(|| predictor.adapter(cx));
        let asked = predictor.rendered(form, cx, &step.input, predictor.schema()).await.1?;
        let mut messages: Vec<Message> = asked.iter().cloned().collect();
        let given = messages.len();
        let tools = match step.exchanges.first().filter(|exchange| !exchange.request().tools.is_empty()) {
            None => {
                messages.push(form.output(&step.schema, output));
                Vec::new()
            }
            Some(exchange) => {
                messages.extend(turns(&asked, &exchange.request().messages).cloned());
                let mut said = step.schema.outputs().map(|field| output.get(field.name()));
                messages.push(turn([said.next(), said.next()].map(Option::flatten), exchange));
                exchange.request().tools.clone()
            }
        };
        Ok(Some(Self { messages, given, tools }))
    }

    /// Returns whether another is the beginning of this conversation, up to an answer of the model.
    fn goes_on(&self, earlier: &Self) -> bool {
        let Some((_, before)) = earlier.messages.split_last() else { return false };
        let next = self.messages.get(before.len()).map(Message::author);
        let is_of_turns = !self.tools.is_empty() && self.given == earlier.given;
        is_of_turns && next == Some(Author::Assistant) && self.messages.starts_with(before)
    }

    fn line(self) -> Result<String> {
        let mut shown = self.messages.iter().flat_map(Message::media);
        if let Some(media) = shown.find(|media| media.kind() != MediaKind::Image) {
            let message = format!("a model is trained on text and images alone, and a call shows {media}");
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        Ok(lm::chat_example(&self.messages, self.given, &self.tools).to_string())
    }
}

/// Returns the turns after the input. The prompt as it was sent may have another beginning than the one that
/// is learned.
fn turns<'a>(asked: &Messages, sent: &'a Messages) -> impl Iterator<Item = &'a Message> {
    let own = asked.iter().count() - asked.fixed().len();
    sent.iter().skip(sent.fixed().len() + own)
}

/// A model's turn as it was taken, with the names that the provider has for its calls.
fn turn([thought, calls]: [Option<&Value>; 2], exchange: &Exchange) -> Message {
    let text = thought.and_then(Value::as_str).unwrap_or_default();
    let calls = calls.and_then(Value::as_array).into_iter().flatten().enumerate();
    let calls = calls.map(|(place, call)| {
        let id = exchange.tool_calls().get(place).map(|call| call.id.clone());
        let name = call.get("tool").and_then(Value::as_str).unwrap_or_default();
        let arguments = call.get("arguments").cloned().unwrap_or_default();
        ToolCall::new(id.unwrap_or_else(|| format!("call{place:05}")), name, arguments)
    });
    Message::assistant(text).with_tool_calls(calls.collect())
}
