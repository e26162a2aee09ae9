//! A model whose replies are kept.

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream};

use super::flight::Landed;
use super::tiers::{Tiers, hit};
use super::{Cache, Key};
use crate::error::Result;
use crate::lm::{CacheUse, Chunk, FinishReason, LanguageModel, Lm, ModelId, Request, Response, chunks_of};
use crate::media::Media;

/// A model that is asked the same only once: its replies are kept in a [`Cache`].
///
/// Equal calls that are made at once are one: one of them pays, and the others wait for its reply. If the one
/// that pays is cancelled, another takes its place; if it fails, all of them fail. Streams take replies from
/// the cache, as one text, and keep theirs; they do not wait for one another.
///
/// What was kept costs nothing: it is a call in [`Usage::calls`](crate::lm::Usage::calls), counted apart in
/// [`Usage::hits`](crate::lm::Usage::hits), and no budget is charged for it. Whole replies are kept, and those that
/// the token limit cut off or that ask for tools. Never kept are errors, what a provider withheld in part, what
/// another model answered in the place of this one (put it inside of a [`Fallback`](crate::lm::Fallback) or
/// [`Balanced`](crate::lm::Balanced), around each model), and what repeats a key of the model.
///
/// Where a predictor can make nothing of its replies, they are let go of, in memory and on disk, and the next call asks
/// anew; its error says if they came from the cache. A reply that cannot be read is kept only where asking again brought
/// one that can, so that all of it costs nothing the second time. Whoever wants another reply to the same request asks
/// with another [rollout](crate::Context::with_rollout) or with [`CacheUse::Refresh`].
///
/// # Example
///
/// ```
/// use dspy::cache::{Cache, Cached};
/// use dspy::lm::Scripted;
/// use dspy::{Context, Lm, Predict, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cache = Cache::memory(64 << 20);
/// let model = Scripted::replies(["[[ ## word ## ]]\nParis"]); // It has one reply.
/// let cx = Context::new(Lm::from(Cached::new(model, &cache)));
/// let answer = Predict::<Answer>::new();
/// for _ in 0..2 {
///     let question = "Capital of France?".to_owned();
///     assert_eq!(answer.call(&cx, AnswerInput { question }).await?.word, "Paris");
/// }
/// assert_eq!((cx.usage().calls, cx.usage().hits, cx.usage().paid().calls), (2, 1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Cached {
    lm: Lm,
    cache: Cache,
}

impl Cached {
    /// Keeps the replies of a model in a cache, which other models may share.
    pub fn new(lm: impl Into<Lm>, cache: &Cache) -> Self {
        Self { lm: lm.into(), cache: cache.clone() }
    }

    fn tiers(&self) -> &Tiers {
        &self.cache.0
    }

    /// The key of a call, or nothing if the call has none: the file of an image that was not read yet may be
    /// another one by the time that it is sent.
    fn key(&self, request: &Request) -> Option<Key> {
        let has_key = request.cache != CacheUse::Off && !request.messages.media().any(Media::is_unread);
        has_key.then(|| Key::of(self.lm.model(), request))
    }

    /// Asks the model unless a reply is there.
    async fn found_or_asked(&self, key: Key, request: &Request) -> Result<Response> {
        if request.cache.reads() {
            if let Some(response) = self.tiers().get(&key).await {
                return Ok(response);
            }
            self.tiers().counts.misses.add();
        }
        self.asked(key, request).await
    }

    async fn asked(&self, key: Key, request: &Request) -> Result<Response> {
        let response = self.lm.model().complete(request).await?;
        self.keep(key, request.cache, &response).await;
        Ok(response)
    }

    async fn keep(&self, key: Key, cache: CacheUse, response: &Response) {
        let other = response.answered_by.as_ref().is_some_and(|id| id != self.id());
        if cache.writes() && is_whole(response) && !other {
            let is_secret = |text: &str| self.lm.model().is_secret_in(text);
            self.tiers().put(key, response, cache != CacheUse::Write, is_secret).await;
        }
    }

    async fn complete_with(&self, key: Key, request: &Request) -> Result<Response> {
        if request.cache.reads()
            && let Some(response) = self.tiers().in_memory(&key)
        {
            return Ok(response);
        }
        if !request.cache.shares() {
            return self.asked(key, request).await;
        }
        let seat = self.tiers().flights.join(key, request.cache);
        match seat.wait(self.found_or_asked(key, request)).await {
            Landed::Paid(outcome) => outcome,
            Landed::Shared(Ok(response)) => {
                self.tiers().counts.shared_hits.add();
                Ok(hit(response))
            }
            Landed::Shared(Err(error)) => Err(error.told_again()),
        }
    }

    fn stream_with<'a>(&'a self, key: Key, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        let chunks = self.lm.model().stream(request);
        chunks
            .then(move |chunk| async move {
                if let Ok(Chunk::End(response)) = &chunk {
                    self.keep(key, request.cache, response).await;
                }
                chunk
            })
            .boxed()
    }
}

/// Returns whether a reply is what the model makes of the request, and would be again.
fn is_whole(response: &Response) -> bool {
    use FinishReason::{Length, Stop, ToolCalls};
    let finishes = response.others.iter().map(|other| &other.finish);
    finishes.chain([&response.finish]).all(|finish| matches!(finish, Stop | Length | ToolCalls))
}

impl LanguageModel for Cached {
    fn id(&self) -> &ModelId {
        self.lm.id()
    }

    fn wraps(&self) -> Option<&dyn LanguageModel> {
        Some(self.lm.model())
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        match self.key(request) {
            Some(key) => self.complete_with(key, request).boxed(),
            None => self.lm.model().complete(request),
        }
    }

    fn forget<'a>(&'a self, request: &'a Request, reply: &'a str) -> BoxFuture<'a, ()> {
        async move {
            if let Some(key) = self.key(request) {
                self.tiers().forget(key, reply).await;
            }
            self.lm.model().forget(request, reply).await;
        }
        .boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        let Some(key) = self.key(request) else { return self.lm.model().stream(request) };
        if !request.cache.reads() {
            return self.stream_with(key, request);
        }
        let found = async move {
            match self.tiers().get(&key).await {
                Some(response) => chunks_of(response),
                None => {
                    self.tiers().counts.misses.add();
                    self.stream_with(key, request)
                }
            }
        };
        stream::once(found).flatten().boxed()
    }
}
