//! A program whose fields are seen while it runs.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream};
use futures_util::{Stream, StreamExt};
use tokio::sync::mpsc;

use super::Module;
use super::text_stream::TextStream;
use crate::context::{Context, FieldEvent};
use crate::error::{Error, Result};
use crate::predictor::Prediction;

/// An event of a program's stream.
///
/// # Example
///
/// See [`Module::stream`].
#[non_exhaustive]
#[derive(Debug)]
pub enum StreamEvent<O> {
    /// A field as it comes.
    Field(FieldEvent),
    /// The end: the whole prediction, as [`Module::call`] gives it.
    Prediction(Prediction<O>),
}

/// A running program, field by field. It runs while it is polled; dropping it ends the program and
/// gives its LM calls up.
#[must_use = "the program runs only while the stream is polled"]
pub struct ProgramStream<O> {
    events: BoxStream<'static, Result<StreamEvent<O>>>,
    /// The prediction that came while a [`TextStream`] was polled.
    prediction: Option<Prediction<O>>,
}

/// The number of events that may wait to be taken before the program waits too.
const WAITING: usize = 32;

impl<O: Send + 'static> ProgramStream<O> {
    pub(super) fn new<M: Module<Output = O>>(program: M, cx: &Context, input: M::Input) -> Self {
        let (sink, events) = mpsc::channel(WAITING);
        let cx = cx.scoped(|scope| scope.showing(sink));
        let running = async move { program.call(&cx, input).await }.boxed();
        let state = Running { running: Some(running), events, left: VecDeque::new() };
        Self { events: Box::pin(stream::unfold(state, Running::next).fuse()), prediction: None }
    }

    /// Shows the text of one field as it comes: `"answer"`, or `"path.answer"` for that of one predictor of several. Of a field
    /// that is no text, the pieces are JSON.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::Scripted;
    /// use dspy::{Context, Predict, signature};
    /// use futures_util::StreamExt;
    ///
    /// /// Answer the question.
    /// #[signature]
    /// struct Answer {
    ///     #[input]
    ///     question: String,
    ///     /// One sentence.
    ///     #[output]
    ///     answer: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let reply = "[[ ## answer ## ]]\nParis, of course.\n[[ ## completed ## ]]";
    /// let cx = Context::new(Scripted::replies([reply]).in_chunks(4));
    /// let mut stream = Predict::<Answer>::new().stream(&cx, "Capital of France?");
    /// let mut text = stream.text("answer");
    /// let mut shown = String::new();
    /// while let Some(piece) = text.next().await {
    ///     shown.push_str(&piece?);
    /// }
    /// assert_eq!(shown, stream.prediction().await?.answer);
    /// # Ok(())
    /// # }
    /// ```
    pub fn text(&mut self, field: &str) -> TextStream<'_, O> {
        TextStream::new(self, field)
    }

    /// Runs the program to its end and returns the prediction.
    ///
    /// # Errors
    ///
    /// As [`Module::call`], and when the error or the prediction was already taken as an event.
    pub async fn prediction(mut self) -> Result<Prediction<O>> {
        if let Some(prediction) = self.prediction.take() {
            return Ok(prediction);
        }
        while let Some(event) = self.events.next().await {
            if let StreamEvent::Prediction(prediction) = event? {
                return Ok(prediction);
            }
        }
        Err(Error::program("the end of the stream was already taken"))
    }

    /// Returns whether the prediction has come to a [`TextStream`].
    pub(super) fn has_ended(&self) -> bool {
        self.prediction.is_some()
    }

    /// Keeps the prediction for [`prediction`](Self::prediction).
    pub(super) fn end(&mut self, prediction: Prediction<O>) {
        self.prediction = Some(prediction);
    }
}

struct Running<O> {
    running: Option<BoxFuture<'static, Result<Prediction<O>>>>,
    events: mpsc::Receiver<FieldEvent>,
    /// The events left to give after the program has ended.
    left: VecDeque<Result<StreamEvent<O>>>,
}

impl<O> Running<O> {
    async fn next(mut self) -> Option<(Result<StreamEvent<O>>, Self)> {
        if let Some(running) = &mut self.running {
            // Events first: they are older than the end.
            let event_or_end = poll_fn(|cx| match self.events.poll_recv(cx) {
                Poll::Ready(Some(event)) => Poll::Ready(Ok(event)),
                _ => running.poll_unpin(cx).map(Err),
            });
            let ended = match event_or_end.await {
                Ok(event) => return Some((Ok(StreamEvent::Field(event)), self)),
                Err(ended) => ended,
            };
            self.running = None;
            while let Ok(event) = self.events.try_recv() {
                self.left.push_back(Ok(StreamEvent::Field(event)));
            }
            self.left.push_back(ended.map(StreamEvent::Prediction));
        }
        let event = self.left.pop_front()?;
        Some((event, self))
    }
}

impl<O> Unpin for ProgramStream<O> {}

impl<O> Stream for ProgramStream<O> {
    type Item = Result<StreamEvent<O>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(prediction) = self.prediction.take() {
            return Poll::Ready(Some(Ok(StreamEvent::Prediction(prediction))));
        }
        self.events.as_mut().poll_next(cx)
    }
}

impl<O> std::fmt::Debug for ProgramStream<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProgramStream").finish_non_exhaustive()
    }
}
