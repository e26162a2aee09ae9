//! The fields of a reply while it comes.

use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;

use crate::adapter::split::{Piece, Splitter};
use crate::context::{ChunkSink, FieldEvent, Sink};
use crate::lm::CallPart;
use crate::parse::{self, Mode};
use crate::problem::Problem;
use crate::signature::{Field, Schema, TypeSpec};
use crate::value::Record;

/// Turns the texts of one reply into events, for the fields that the signature has.
pub(super) struct Show<'a> {
    pub(super) path: &'a Arc<str>,
    pub(super) schema: &'a Schema,
    pub(super) sink: Option<&'a Sink>,
    /// The output that the model's own reasoning is.
    pub(super) own: Option<&'a str>,
    /// The names of the tools that are called, as far as they have come.
    pub(super) tools: Vec<String>,
    pub(super) mode: Mode,
    /// The check that stops the reply at a field that does not meet its conditions.
    pub(super) check_field: Option<fn(&str, &Value) -> Vec<Problem>>,
    /// The field that did not, and what is wrong with it.
    pub(super) stopped: Option<(String, Vec<Problem>)>,
    pub(super) splitter: Box<dyn Splitter>,
}

impl Show<'_> {
    /// Reads the rest at the end of the reply.
    pub(super) async fn end(mut self) {
        let pieces = self.splitter.end();
        send(self.sink, pieces.into_iter().filter_map(|piece| self.event(piece)).collect()).await;
    }

    /// The events of the pieces, up to a field that stops the reply.
    fn events(&mut self, pieces: Vec<Piece>) -> Vec<FieldEvent> {
        let mut events = Vec::new();
        for piece in pieces {
            let Some(event) = self.event(piece) else { continue };
            if let FieldEvent::FieldDone { field, value, .. } = &event {
                self.stopped = self.broken(field, value).map(|problems| (field.clone(), problems));
                if self.stopped.is_some() {
                    break;
                }
            }
            events.push(event);
        }
        events
    }

    fn broken(&self, name: &str, value: &Value) -> Option<Vec<Problem>> {
        let check_field = self.check_field?;
        let mut problems: Vec<Problem> = self.output(name)?.violations(value).collect();
        // As when a reply is whole: the checks of the types come after the constraints.
        if problems.is_empty() {
            problems = check_field(name, value);
        }
        (!problems.is_empty()).then_some(problems)
    }

    fn event(&self, piece: Piece) -> Option<FieldEvent> {
        let path = self.path.clone();
        match piece {
            Piece::Text { field, text } => {
                self.output(&field).filter(|_| !text.is_empty())?;
                Some(FieldEvent::FieldDelta { path, field, text })
            }
            Piece::Item { field, index, text } => {
                self.output(&field).filter(|field| field.spec().is_list())?;
                Some(FieldEvent::Item { path, field, index, value: serde_json::from_str(&text).ok()? })
            }
            Piece::End { field, text, json } => {
                let spec = self.output(&field)?.spec();
                let text = if json { plain(text, spec)? } else { text };
                let (value, _) = parse::field(spec, &text, self.mode).ok()?;
                Some(FieldEvent::FieldDone { path, field, value })
            }
        }
    }

    fn output(&self, name: &str) -> Option<&Field> {
        self.schema.outputs().find(|field| field.name() == name)
    }
}

impl ChunkSink for Show<'_> {
    fn text(&mut self, text: String) -> BoxFuture<'_, ControlFlow<()>> {
        let pieces = self.splitter.push(&text);
        let events = self.events(pieces);
        let next = if self.stopped.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        send(self.sink, events).map(move |()| next).boxed()
    }

    fn reasoning(&mut self, text: String) -> BoxFuture<'_, ()> {
        send(self.sink, vec![thought(self.path, self.own, text)]).boxed()
    }

    fn call(&mut self, part: CallPart) -> BoxFuture<'_, ()> {
        let CallPart { index, name, arguments: text, .. } = part;
        // More than any reply has is a mistake, which is told when the reply is whole.
        if index >= MOST_CALLS {
            return send(None, Vec::new()).boxed();
        }
        if self.tools.len() <= index {
            self.tools.resize(index + 1, String::new());
        }
        let mut tool = String::new();
        if let Some(known) = self.tools.get_mut(index) {
            known.push_str(&name);
            tool.clone_from(known);
        }
        send(self.sink, vec![FieldEvent::CallDelta { path: self.path.clone(), index, tool, text }]).boxed()
    }
}

/// More calls than a turn has.
const MOST_CALLS: usize = 1_024;

/// The splitter of a turn with tools: all that the model says is the first output.
pub(super) struct Spoken(String);

impl Spoken {
    pub(super) fn new(schema: &Schema) -> Self {
        Self(schema.outputs().next().map(|field| field.name().to_owned()).unwrap_or_default())
    }
}

impl Splitter for Spoken {
    fn push(&mut self, text: &str) -> Vec<Piece> {
        vec![Piece::Text { field: self.0.clone(), text: text.to_owned() }]
    }

    fn end(&mut self) -> Vec<Piece> {
        Vec::new()
    }
}

/// The event of what a model thinks: of the output that it is, if it is one.
pub(super) fn thought(path: &Arc<str>, own: Option<&str>, text: String) -> FieldEvent {
    let path = path.clone();
    match own {
        Some(field) => FieldEvent::FieldDelta { path, field: field.to_owned(), text },
        None => FieldEvent::Reasoning { path, text },
    }
}

/// Shows the outputs of a turn with tools, which is whole.
pub(super) async fn show_turn(sink: Option<&Sink>, path: &Arc<str>, schema: &Schema, record: &Record) {
    let mut events = Vec::new();
    for field in schema.outputs().map(Field::name) {
        let value = record.get(field).cloned().unwrap_or_default();
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            let (path, field, value) = (path.clone(), field.to_owned(), item.clone());
            events.push(FieldEvent::Item { path, field, index, value });
        }
        events.push(FieldEvent::FieldDone { path: path.clone(), field: field.to_owned(), value });
    }
    send(sink, events).await;
}

/// The text that a JSON value stands for; a text field takes nothing but a JSON string.
fn plain(json: String, spec: &TypeSpec) -> Option<String> {
    match serde_json::from_str(&json).ok()? {
        Value::String(text) => Some(text),
        _ if spec.is_text() => None,
        _ => Some(json),
    }
}

pub(super) async fn send(sink: Option<&Sink>, events: Vec<FieldEvent>) {
    let Some(sink) = sink else { return };
    for event in events {
        // Where nobody looks any more, the program goes on all the same.
        let _ = sink.send(event).await;
    }
}
