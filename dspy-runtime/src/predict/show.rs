//! Shows the fields of a reply while it comes.

use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;

use crate::adapter::split::{Piece, Splitter};
use crate::context::{ChunkSink, FieldEvent, Sink};
use crate::parse::{self, Mode};
use crate::problem::Problem;
use crate::signature::{Field, Schema, TypeSpec};

/// Turns the texts of one reply into events, for the fields that the signature has.
pub(super) struct Show<'a> {
    pub(super) path: &'a Arc<str>,
    pub(super) schema: &'a Schema,
    pub(super) sink: Option<&'a Sink>,
    pub(super) mode: Mode,
    /// Where a field that does not meet its conditions stops the reply, what checks it.
    pub(super) check_field: Option<fn(&str, &Value) -> Vec<Problem>>,
    /// The field that did not, and what is wrong with it.
    pub(super) stopped: Option<(String, Vec<Problem>)>,
    pub(super) splitter: Box<dyn Splitter>,
}

impl Show<'_> {
    /// What is left at the end of the reply.
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
                self.output(&field)?;
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
}

/// The text that a JSON value stands for; a text field takes nothing but a JSON string.
fn plain(json: String, spec: &TypeSpec) -> Option<String> {
    match serde_json::from_str(&json).ok()? {
        Value::String(text) => Some(text),
        _ if spec.is_text() => None,
        _ => Some(json),
    }
}

async fn send(sink: Option<&Sink>, events: Vec<FieldEvent>) {
    let Some(sink) = sink else { return };
    for event in events {
        // Where nobody looks any more, the program goes on all the same.
        let _ = sink.send(event).await;
    }
}
