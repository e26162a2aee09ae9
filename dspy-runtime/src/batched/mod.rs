//! A model that is asked in its provider's batches, for half the price.

mod book;
mod desk;
mod run;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt};

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{LanguageModel, Lm, ModelId, Request, Response, ServiceTier};
use book::Book;
use desk::Desk;

/// A model whose calls go in its provider's batches: answered within a day, for half the price, by
/// [OpenAI](crate::lm::OpenAi), [Anthropic](crate::lm::Anthropic) and [Gemini](crate::lm::Gemini).
///
/// Calls that are under way at once are collected until none has come for a [while](Self::collect_for), and go together;
/// those that come later go in the next batch. So it is for many calls at once: an
/// [evaluation](crate::Evaluate), a [gate](crate::Gate), [many inputs](crate::Module::batch) or a search begins as
/// many rows as [one batch holds](Self::at_most) with it, unless it is given another number. A program of several steps takes
/// a batch for each step.
///
/// A batch is noted in a folder before it is submitted, and its outcomes are kept there. A process that was
/// stopped at any time, and is started again to do the same, waits for the batch that is under way, and nothing is
/// submitted twice: what may have been submitted is first looked for at the provider. Dropping a call, or all of them,
/// loses nothing that was paid for. A reply that is kept answers an equal call once at its cost, and then for nothing,
/// as from a [cache](crate::cache::Cached); whoever wants another one asks with another
/// [rollout](crate::Context::with_rollout) or another [use of the cache](crate::lm::CacheUse). No prompt is written, and no key.
///
/// Its calls are charged by the price of [batches](crate::lm::ServiceTier::Batch), and
/// [plans](crate::optimize::Plan) say what that saves. A budget is charged when calls are made, before they are submitted.
/// A request that fails is an error of its call alone, of the same class as otherwise; one that a batch did not come to
/// before it [expired](ErrorKind::Timeout) or was [cancelled](ErrorKind::Cancelled) costs nothing, and the next call
/// asks again. A stream brings the whole reply at its end.
///
/// Batches are asked for at the provider itself: what stands around it in the model, such as a
/// [`Retry`](crate::lm::Retry), a limit or a cache, does not count here. Requests for batches are
/// made again as `Retry` does. Put a [`Cached`](crate::cache::Cached) around it to share replies with other models.
///
/// # Example
///
/// ```
/// use dspy::batched::Batched;
/// use dspy::lm::{ModelId, OpenAi, Secret};
/// use dspy::Context;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// # let folder = std::env::temp_dir().join(format!("dspy-batched-doc-{}", std::process::id()));
/// // Or `Batched::new(Lm::from_env()?, "state/batches")?`.
/// let model = OpenAi::at(ModelId::new("openai", "gpt-4.1-mini"), "http://127.0.0.1:8000/v1")?
///     .key(Secret::new("…"));
/// let cx = Context::new(Batched::new(model, &folder)?);
/// // `Evaluate::new(metric).run(&cx, &program, &rows).await?` now takes batches.
/// assert_eq!(cx.lm().id().to_string(), "openai/gpt-4.1-mini");
/// # drop(cx);
/// # std::fs::remove_dir_all(&folder).map_err(dspy::Error::program)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Batched {
    desk: Arc<Desk>,
}

/// The pace of batches, and their size.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// The time without a new call after which a batch goes.
    quiet: Duration,
    /// The waits between looks at a batch.
    first: Duration,
    longest: Duration,
    /// The time after which nobody waits for it any more.
    all: Duration,
    /// The most requests of one batch.
    requests: usize,
    bytes: usize,
}

impl Batched {
    /// Asks a model in batches, which are noted in a folder; it is made if it is not there. Models may share
    /// it, and one process at a time uses it for a model.
    ///
    /// # Errors
    ///
    /// When the provider has no batches, the folder cannot be made or is in use, or its journal was changed.
    pub fn new(lm: impl Into<Lm>, folder: impl AsRef<Path>) -> Result<Self> {
        let lm = lm.into();
        let Some(api) = lm.model().batches() else {
            let message = format!(
                "{} has no batches that are known here; models of OpenAI, Anthropic and Gemini have",
                lm.id()
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        };
        let (limits, minute) = (api.limits(), Duration::from_secs(60));
        let pace = Pace {
            quiet: Duration::from_secs(5),
            first: minute / 6,
            longest: minute,
            all: minute * 60 * 72,
            requests: limits.requests,
            bytes: limits.bytes,
        };
        let book = Book::open(folder.as_ref(), lm.model())?;
        Ok(Self { desk: Arc::new(Desk::new(lm, book, pace)) })
    }

    /// Sets the time without a new call after which those that have come go as a batch; 5 s by default. Where calls
    /// never cease to come, they go after twelve times as long.
    #[must_use]
    pub fn collect_for(self, quiet: Duration) -> Self {
        self.paced(|pace| pace.quiet = quiet)
    }

    /// Sets the most requests of one batch; as many as the provider takes by default, which is 50,000 at
    /// OpenAI and 100,000 at Anthropic. What comes beyond it goes in another one at once.
    #[must_use]
    pub fn at_most(self, requests: usize) -> Self {
        self.paced(|pace| pace.requests = requests.clamp(1, pace.requests))
    }

    /// Sets how often a batch is looked at: first after this time, then after half as much more each time, up to the
    /// longest; by default from 10 s to a minute.
    #[must_use]
    pub fn look_every(self, first: Duration, longest: Duration) -> Self {
        self.paced(|pace| (pace.first, pace.longest) = (first, longest))
    }

    /// Sets the time after which calls no longer wait for a batch; 72 hours by default. It goes on, and the same calls
    /// wait for it again.
    #[must_use]
    pub fn wait_at_most(self, time: Duration) -> Self {
        self.paced(|pace| pace.all = time)
    }

    fn paced(mut self, change: impl FnOnce(&mut Pace)) -> Self {
        // Nobody else has it before it is a model.
        if let Some(desk) = Arc::get_mut(&mut self.desk) {
            change(&mut desk.pace);
        }
        self
    }
}

impl LanguageModel for Batched {
    fn id(&self) -> &ModelId {
        self.desk.lm.id()
    }

    fn wraps(&self) -> Option<&dyn LanguageModel> {
        Some(self.desk.lm.model())
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            let response = self.desk.complete(request).await?;
            Ok(response.with_service_tier(ServiceTier::Batch))
        }
        .boxed()
    }

    fn calls_at_once(&self) -> Option<usize> {
        Some(self.desk.pace.requests)
    }

    fn service_tier(&self) -> Option<ServiceTier> {
        Some(ServiceTier::Batch)
    }

    fn forget<'a>(&'a self, request: &'a Request, reply: &'a str) -> BoxFuture<'a, ()> {
        async move {
            self.desk.forget(request, reply);
            self.desk.lm.model().forget(request, reply).await;
        }
        .boxed()
    }
}
