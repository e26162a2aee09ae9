//! A second model for when the first fails.

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Chunk, JsonSupport, LanguageModel, Lm, ModelId, Request, Response};
use crate::media::Media;

/// A model, and others that are asked in their order where it fails.
///
/// The next is asked after rate limits, failures of the server or the network, timeouts, refused keys and
/// accounts, a prompt that does not fit, and what a model cannot be shown; not after a request that is not
/// valid or a reply that was withheld, which would hardly fare better elsewhere. Put [`Retry`](crate::lm::Retry)
/// around each model, not around all of them.
///
/// It goes by the name of the first; [`Response::answered_by`] is the one that answered, and
/// [`Usage::retries`](crate::lm::Usage::retries) counts the others. A stream goes on to the next only before it has
/// given anything.
///
/// # Example
///
/// ```
/// use dspy::Lm;
/// use dspy::lm::{Breaker, Fallback, Scripted};
///
/// let near = Breaker::new(Scripted::replies(["from here"]));
/// let lm = Lm::from(Fallback::new(near).or(Scripted::replies(["from afar"])));
/// # let _ = lm;
/// ```
#[derive(Debug)]
pub struct Fallback {
    lms: Vec<Lm>,
}

impl Fallback {
    /// A model, without others yet.
    pub fn new(first: impl Into<Lm>) -> Self {
        Self { lms: vec![first.into()] }
    }

    /// The next to be asked.
    #[must_use]
    pub fn or(mut self, next: impl Into<Lm>) -> Self {
        self.lms.push(next.into());
        self
    }
}

impl LanguageModel for Fallback {
    fn id(&self) -> &ModelId {
        self.lms[0].id()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        first_answer(self.lms.iter(), request).boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        first_stream(self.lms.iter(), request)
    }

    fn json_support(&self) -> JsonSupport {
        common_support(&self.lms)
    }

    fn takes_tools(&self) -> bool {
        self.lms.iter().all(|lm| lm.model().takes_tools())
    }

    fn settings(&self) -> Option<Value> {
        Some(json!({"fallback": told_apart(&self.lms)}))
    }

    fn gives_reasoning(&self) -> bool {
        self.lms.iter().all(|lm| lm.model().gives_reasoning())
    }

    fn refuses(&self, media: &Media) -> Option<String> {
        all_refuse(&self.lms, media)
    }

    fn forget<'a>(&'a self, request: &'a Request, reply: &'a str) -> BoxFuture<'a, ()> {
        async move {
            for lm in &self.lms {
                lm.model().forget(request, reply).await;
            }
        }
        .boxed()
    }

    fn is_secret_in(&self, text: &str) -> bool {
        self.lms.iter().any(|lm| lm.model().is_secret_in(text))
    }
}

/// Returns whether another model may do better.
fn is_for_another(error: &Error) -> bool {
    use ErrorKind::{Auth, Billing, ContextWindow, NotConfigured, Unsupported};
    error.is_retryable()
        || matches!(error.kind(), Auth | Billing | ContextWindow | NotConfigured | Unsupported)
}

/// The answer of the first model that gives one.
pub(super) async fn first_answer<'a>(
    lms: impl Iterator<Item = &'a Lm>,
    request: &Request,
) -> Result<Response> {
    let mut failed = Failed::default();
    for lm in lms {
        let outcome = match lm.can_show(request) {
            Err(error) => Err(error),
            Ok(()) => lm.model().complete(request).await,
        };
        match outcome {
            Ok(response) => return Ok(response.with_retries(failed.calls).with_answered_by(lm.id())),
            Err(error) if is_for_another(&error) => failed.add(lm, error),
            Err(error) => return Err(failed.with(error)),
        }
    }
    Err(failed.last())
}

/// The stream of the first model that begins one.
pub(super) fn first_stream<'a>(
    lms: impl Iterator<Item = &'a Lm> + Send + 'a,
    request: &'a Request,
) -> BoxStream<'a, Result<Chunk>> {
    let begun = async move {
        let mut failed = Failed::default();
        for lm in lms {
            let mut stream = match lm.can_show(request) {
                Err(error) => stream::once(ready(Err(error))).boxed(),
                Ok(()) => lm.model().stream(request),
            };
            match stream.next().await {
                Some(Ok(first)) => {
                    let (retries, id) = (failed.calls, lm.id());
                    let chunks = stream::once(ready(Ok(first))).chain(stream);
                    return chunks.map(move |chunk| counted(chunk, retries, id)).boxed();
                }
                Some(Err(error)) if is_for_another(&error) => failed.add(lm, error),
                Some(Err(error)) => return stream::once(ready(Err(failed.with(error)))).boxed(),
                None => failed.add(lm, Error::new(ErrorKind::Decode, "the stream of the reply was empty")),
            }
        }
        stream::once(ready(Err(failed.last()))).boxed()
    };
    stream::once(begun).flatten().boxed()
}

fn counted(chunk: Result<Chunk>, retries: u32, id: &ModelId) -> Result<Chunk> {
    match chunk {
        Ok(Chunk::End(response)) => Ok(Chunk::End(response.with_retries(retries).with_answered_by(id))),
        other => other,
    }
}

/// The names, addresses and settings of models, which tell them apart where replies are kept.
pub(super) fn told_apart(lms: &[Lm]) -> Vec<Value> {
    let one = |lm: &Lm| json!([lm.id().to_string(), lm.model().endpoint(), lm.model().settings()]);
    lms.iter().map(one).collect()
}

/// Every model can be held to this much.
pub(super) fn common_support(lms: &[Lm]) -> JsonSupport {
    lms.iter().map(|lm| lm.model().json_support()).min().unwrap_or_default()
}

/// Returns the reason no model can be shown something.
pub(super) fn all_refuse(lms: &[Lm], media: &Media) -> Option<String> {
    let why: Option<Vec<String>> = lms.iter().map(|lm| lm.model().refuses(media)).collect();
    why.and_then(|why| why.into_iter().next())
}

/// The models that have failed so far.
#[derive(Default)]
struct Failed {
    calls: u32,
    error: Option<Error>,
}

impl Failed {
    fn add(&mut self, lm: &Lm, error: Error) {
        tracing::debug!(model = %lm.id(), error = format_args!("{error:#}"), "another model is asked");
        // A model that was not asked was no call.
        let asked = u32::from(error.was_sent());
        self.calls += asked + error.retries();
        self.error = Some(match self.error.take() {
            None => error,
            Some(before) => error.context(format_args!("{before}; then {}", lm.id())),
        });
    }

    fn with(self, error: Error) -> Error {
        let retries = self.calls + error.retries();
        error.with_retries(retries)
    }

    fn last(self) -> Error {
        let none = || Error::new(ErrorKind::NotConfigured, "there is no model to ask");
        let error = self.error.unwrap_or_else(none);
        // The last call, if it was made, is the one that is given up on.
        let retries = self.calls.saturating_sub(u32::from(error.was_sent()));
        error.with_retries(retries)
    }
}
