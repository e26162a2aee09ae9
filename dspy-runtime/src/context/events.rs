//! The events that a running program shows before it is done.

use std::ops::ControlFlow;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{CallPart, Chunk, Response};

/// Something that a program shows while it runs, field by field.
///
/// What comes before [`FieldDone`](FieldEvent::FieldDone) is a preview: the reply as it stands is
/// checked as a whole when it is whole, and one that cannot be used is asked for
/// [`Again`](FieldEvent::Again).
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum FieldEvent {
    /// More text of a field.
    FieldDelta {
        /// The predictor.
        path: Arc<str>,
        /// The field.
        field: String,
        /// The text; of a field that is no string, a part of its JSON.
        text: String,
    },
    /// One more item of a field that is a list.
    Item {
        /// The predictor.
        path: Arc<str>,
        /// The field.
        field: String,
        /// The item's place, from 0.
        index: usize,
        /// The item.
        value: Value,
    },
    /// A field is whole and of its type.
    FieldDone {
        /// The predictor.
        path: Arc<str>,
        /// The field.
        field: String,
        /// The value.
        value: Value,
    },
    /// More of what the model thinks before it replies, where no field is for it.
    Reasoning {
        /// The predictor.
        path: Arc<str>,
        /// The text.
        text: String,
    },
    /// More of a call of a tool that the model asks for in its provider's own way. The calls of the turn are whole in
    /// the [`FieldDone`](FieldEvent::FieldDone) of their field.
    CallDelta {
        /// The predictor.
        path: Arc<str>,
        /// The place of the call in the turn, from 0.
        index: usize,
        /// The tool, as far as its name has come.
        tool: String,
        /// The text, a part of the JSON of the arguments.
        text: String,
    },
    /// The reply could not be used; forget what came of it.
    Again {
        /// The predictor.
        path: Arc<str>,
    },
}

impl FieldEvent {
    /// The predictor that the event is of.
    pub fn path(&self) -> &str {
        match self {
            Self::FieldDelta { path, .. }
            | Self::Item { path, .. }
            | Self::FieldDone { path, .. }
            | Self::Reasoning { path, .. }
            | Self::CallDelta { path, .. }
            | Self::Again { path } => path,
        }
    }

    /// The event as one JSON object, whose `event` says which it is: what services and scripts are sent.
    pub fn to_json(&self) -> Value {
        let (event, more) = match self {
            Self::FieldDelta { field, text, .. } => ("field_delta", json!({"field": field, "text": text})),
            Self::Item { field, index, value, .. } => {
                ("item", json!({"field": field, "index": index, "value": value}))
            }
            Self::FieldDone { field, value, .. } => ("field_done", json!({"field": field, "value": value})),
            Self::Reasoning { text, .. } => ("reasoning", json!({"text": text})),
            Self::CallDelta { index, tool, text, .. } => {
                ("call_delta", json!({"index": index, "tool": tool, "text": text}))
            }
            Self::Again { .. } => ("again", json!({})),
        };
        let mut object = json!({"event": event, "path": self.path()});
        if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
            object.extend(more);
        }
        object
    }

    /// The value of a field or item that is whole, as its type.
    ///
    /// # Errors
    ///
    /// When it is another type. An event without a value gives `None`.
    pub fn value<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        match self {
            Self::Item { value, .. } | Self::FieldDone { value, .. } => Ok(Some(T::deserialize(value)?)),
            _ => Ok(None),
        }
    }
}

/// Takes the texts of a reply as they come; what it does with one is done before the next, and it may
/// be that it wants no next.
pub(crate) trait ChunkSink: Send {
    fn text(&mut self, text: String) -> BoxFuture<'_, ControlFlow<()>>;

    /// Takes more of what the model thinks.
    fn reasoning(&mut self, text: String) -> BoxFuture<'_, ()>;

    /// Takes more of a call of a tool.
    fn call(&mut self, part: CallPart) -> BoxFuture<'_, ()>;
}

/// The end of a reply that comes bit by bit.
// There is one in a call.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Sent {
    /// By itself.
    Whole(Response),
    /// Because no more was wanted than this text.
    Stopped(String),
}

impl Sent {
    /// The reply, if it came to its end.
    pub(super) fn whole(&self) -> Option<&Response> {
        match self {
            Self::Whole(response) => Some(response),
            Self::Stopped(_) => None,
        }
    }
}

/// The channel to which a running program reports. A full channel makes the program wait.
pub(crate) type Sink = mpsc::Sender<FieldEvent>;

/// Hands on the texts of a reply. Dropping the stream, as when no more is wanted, gives the call up.
pub(super) async fn received(
    mut chunks: BoxStream<'_, Result<Chunk>>,
    each: &mut (impl ChunkSink + ?Sized),
) -> Result<Sent> {
    let mut so_far = String::new();
    loop {
        match chunks.next().await {
            Some(Ok(Chunk::Text(text))) => {
                so_far.push_str(&text);
                if each.text(text).await.is_continue() {
                    continue;
                }
                // A reply that has ended already is not stopped, and its cost is known.
                return match chunks.next().now_or_never() {
                    Some(Some(Ok(Chunk::End(response)))) => Ok(Sent::Whole(response)),
                    _ => Ok(Sent::Stopped(so_far)),
                };
            }
            Some(Ok(Chunk::Reasoning(text))) => each.reasoning(text).await,
            Some(Ok(Chunk::Call(part))) => each.call(part).await,
            Some(Ok(Chunk::End(response))) => return Ok(Sent::Whole(response)),
            Some(Err(error)) => return Err(error),
            None => return Err(Error::new(ErrorKind::Decode, "the stream of the reply has no end")),
        }
    }
}
