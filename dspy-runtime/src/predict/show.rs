//! Shows the fields of a reply while it comes.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;

use crate::adapter::split::{Piece, Splitter};
use crate::context::{ChunkSink, FieldEvent, Sink};
use crate::parse::{self, Mode};
use crate::signature::{Field, Schema, TypeSpec};

/// Turns the texts of one reply into events, for the fields that the signature has.
pub(super) struct Show<'a> {
    pub(super) path: &'a Arc<str>,
    pub(super) schema: &'a Schema,
    pub(super) sink: &'a Sink,
    pub(super) mode: Mode,
    pub(super) splitter: Box<dyn Splitter>,
}

impl Show<'_> {
    /// What is left at the end of the reply.
    pub(super) async fn end(mut self) {
        let pieces = self.splitter.end();
        send(self.sink, self.events(pieces)).await;
    }

    fn events(&self, pieces: Vec<Piece>) -> Vec<FieldEvent> {
        pieces.into_iter().filter_map(|piece| self.event(piece)).collect()
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
    fn text(&mut self, text: String) -> BoxFuture<'_, ()> {
        let pieces = self.splitter.push(&text);
        send(self.sink, self.events(pieces)).boxed()
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

async fn send(sink: &Sink, events: Vec<FieldEvent>) {
    for event in events {
        // Where nobody looks any more, the program goes on all the same.
        let _ = sink.send(event).await;
    }
}
