//! The text of one field of a running program.

use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};

use futures_util::Stream;

use super::{ProgramStream, StreamEvent};
use crate::context::FieldEvent;
use crate::error::Result;
use crate::predictor::Prediction;

/// The text of a field as it comes, piece by piece; see [`ProgramStream::text`].
///
/// The pieces are those of the first reply. Where it could not be used and the model was asked again, they end, and the field of
/// the reply that was used comes as one more piece, after a line break. A field that could not be told from the rest of a reply
/// while it came, such as one of a reply in another form than was asked for, comes whole at the end.
#[must_use = "the program runs only while the stream is polled"]
#[derive(Debug)]
pub struct TextStream<'a, O> {
    stream: &'a mut ProgramStream<O>,
    field: String,
    again: bool,
    shown: bool,
}

impl<'a, O> TextStream<'a, O> {
    pub(super) fn new(stream: &'a mut ProgramStream<O>, field: &str) -> Self {
        Self { stream, field: field.to_owned(), again: false, shown: false }
    }

    fn is_meant(&self, path: &str, field: &str) -> bool {
        self.field == field || self.field.rsplit_once('.').is_some_and(|whole| whole == (path, field))
    }

    /// Returns the field of a reply that was used after one that was not, or of one that was not shown while it came.
    fn rest(&self, prediction: &Prediction<O>) -> Option<String> {
        let steps: Vec<_> = prediction.trace().steps().filter(|_| self.again || !self.shown).collect();
        let before = if self.shown { "\n" } else { "" };
        let values = steps.iter().rev().filter_map(|step| {
            let output = step.output.as_ref().ok()?;
            let meant = output.iter().find(|(name, _)| self.is_meant(&step.path, name));
            meant.map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        });
        values.map(|text| format!("{before}{text}")).next()
    }

    /// Returns the piece that an event is to whoever shows the field.
    fn piece(&mut self, event: FieldEvent) -> Option<String> {
        match event {
            FieldEvent::FieldDelta { path, field, text } if self.is_meant(&path, &field) => {
                self.shown |= !self.again && !text.is_empty();
                (!self.again).then_some(text)
            }
            FieldEvent::Again { .. } => {
                self.again = true;
                None
            }
            _ => None,
        }
    }
}

impl<O: Send + 'static> Stream for TextStream<'_, O> {
    type Item = Result<String>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if self.stream.has_ended() {
                return Poll::Ready(None);
            }
            let event = match Pin::new(&mut *self.stream).poll_next(cx) {
                Poll::Ready(Some(Ok(event))) => event,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            };
            match event {
                StreamEvent::Field(event) => {
                    if let Some(piece) = self.piece(event) {
                        return Poll::Ready(Some(Ok(piece)));
                    }
                }
                StreamEvent::Prediction(prediction) => {
                    let rest = self.rest(&prediction);
                    self.stream.end(prediction);
                    return Poll::Ready(rest.map(Ok));
                }
            }
        }
    }
}
