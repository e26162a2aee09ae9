//! A program whose fields are seen while it runs.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use futures_util::Stream;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;

use super::Module;
use crate::context::{Context, FieldEvent};
use crate::error::Result;
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
pub struct ProgramStream<O>(BoxStream<'static, Result<StreamEvent<O>>>);

/// The number of events that may wait to be taken before the program waits too.
const WAITING: usize = 32;

impl<O: Send + 'static> ProgramStream<O> {
    pub(super) fn new<M: Module<Output = O>>(program: M, cx: &Context, input: M::Input) -> Self {
        let (sink, events) = mpsc::channel(WAITING);
        let cx = cx.scoped(|scope| scope.showing(sink));
        let running = async move { program.call(&cx, input).await }.boxed();
        let state = Running { running: Some(running), events, left: VecDeque::new() };
        Self(Box::pin(stream::unfold(state, Running::next)))
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

impl<O> Stream for ProgramStream<O> {
    type Item = Result<StreamEvent<O>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl<O> std::fmt::Debug for ProgramStream<O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProgramStream").finish_non_exhaustive()
    }
}
