//! Vectors of texts: who pays, what is told, and what is not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::context::{Price, Prices, Purpose};
use dspy::lm::{
    Embedder, Embeddings, HashedEmbedder, LimitedEmbedder, Limiter, ModelId, RetryEmbedder, Scripted, Usage,
};
use dspy::{Budget, Context, Error, ErrorKind, Result};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::time::Instant;

/// Makes the vectors of the built-in embedder and takes itself for a provider: it has a name, batches and tokens,
/// and fails where it is told to.
#[derive(Debug)]
pub(crate) struct Provider {
    id: ModelId,
    batch: usize,
    calls: Arc<AtomicUsize>,
    texts: Arc<Mutex<Vec<String>>>,
    fails: fn(usize) -> Option<Error>,
}

impl Provider {
    pub(crate) fn new(batch: usize) -> Self {
        let id = ModelId::new("openai", "text-embedding-3-small");
        Self { id, batch, calls: Arc::default(), texts: Arc::default(), fails: |_| None }
    }

    pub(crate) fn failing(batch: usize, fails: fn(usize) -> Option<Error>) -> Self {
        Self { fails, ..Self::new(batch) }
    }

    /// The calls that it sees, as they come.
    pub(crate) fn calls(&self) -> Arc<AtomicUsize> {
        self.calls.clone()
    }

    /// The texts that it sees.
    pub(crate) fn texts(&self) -> Arc<Mutex<Vec<String>>> {
        self.texts.clone()
    }
}

impl Embedder for Provider {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn batch(&self) -> Option<usize> {
        Some(self.batch)
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        async move {
            assert!(texts.len() <= self.batch, "more texts than go into one call");
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            if let Some(error) = (self.fails)(call) {
                return Err(error);
            }
            self.texts.lock().expect("whole").extend(texts.iter().cloned());
            let mut embeddings = HashedEmbedder::new().embed(texts).await?;
            embeddings.usage.input_tokens = 10 * texts.len() as u64;
            Ok(embeddings)
        }
        .boxed()
    }
}

fn context() -> Context {
    Context::new(Scripted::replies(["unused"]))
}

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("text {number}")).collect()
}

#[tokio::test]
async fn calls_are_charged_and_told_in_the_ledger() {
    let provider = Provider::new(4);
    let seen = provider.texts();
    let cx = context().with_embedder(provider);
    let embeddings = cx.embed(texts(10)).await.expect("vectors");
    assert_eq!(*seen.lock().expect("whole"), texts(10));
    assert_eq!(
        (embeddings.vectors.len(), embeddings.usage.calls, embeddings.usage.input_tokens),
        (10, 3, 100)
    );
    assert_eq!(embeddings.vectors, context().embed(texts(10)).await.expect("vectors").vectors);
    let ledger = cx.ledger();
    let spent = &ledger.entries()[0];
    assert_eq!(
        (spent.path.as_str(), spent.model.as_str(), spent.purpose, spent.usage),
        ("embed", "openai/text-embedding-3-small", Purpose::Task, embeddings.usage)
    );
    assert_eq!((cx.usage(), ledger.total()), (embeddings.usage, embeddings.usage));
    let cost = ledger.cost().expect("it is in the table");
    assert!((cost - 100.0 * 0.02 / 1e6).abs() < 1e-12, "{cost}");
    assert_eq!(cx.with_prices(Prices::none()).ledger().cost(), None, "unknown is not zero");

    let free = context().with_budget(Budget::calls(0));
    assert_eq!(free.embed(texts(500)).await.expect("in this process").usage, Usage::default());
    assert!(free.ledger().entries().is_empty());
}

#[tokio::test]
async fn no_budget_is_passed() {
    let provider = Provider::new(2);
    let calls = provider.calls();
    let cx = context().with_embedder(provider).with_budget(Budget::calls(3));
    assert!(cx.embed(texts(20)).await.expect_err("it takes ten").is_budget());
    assert_eq!((calls.load(Ordering::SeqCst), cx.usage().calls, cx.usage().input_tokens), (3, 3, 60));

    // Each text may have as many tokens as bytes, and some around it; no `max_tokens` is needed.
    let cx = context().with_embedder(Provider::new(1)).with_budget(Budget::unlimited().with_tokens(30));
    cx.embed(["short"]).await.expect("21 of 30, and then 10");
    assert!(cx.embed(["short"]).await.expect_err("31 of 30").is_budget());
    let price = Price::per_million(1.0, 1.0);
    let cx =
        context().with_embedder(Provider::new(1)).with_budget(Budget::unlimited().with_cost(1e-5, price));
    assert!(cx.embed(["short"]).await.expect_err("it can cost 0.000021").is_budget());
    assert_eq!(cx.usage(), Usage::default());
}

#[tokio::test(start_paused = true)]
async fn failures_keep_their_class_and_count() {
    let down = |_| Some(Error::new(ErrorKind::Auth, "the key is refused"));
    let cx = context().with_embedder(RetryEmbedder::new(Provider::failing(4, down)));
    let error = cx.embed(["a secret"]).await.expect_err("refused");
    assert_eq!((error.kind(), cx.ledger().total().retries), (ErrorKind::Auth, 0));
    assert!(!format!("{error} {error:?}").contains("secret"));

    let busy = |call| (call < 2).then(|| Error::new(ErrorKind::RateLimit, "too many"));
    let cx = context().with_embedder(RetryEmbedder::new(Provider::failing(4, busy)));
    let embeddings = cx.embed(["a"]).await.expect("the third time");
    assert_eq!((embeddings.usage.calls, embeddings.usage.retries, cx.usage().retries), (1, 2, 2));
    let late =
        context().with_embedder(Slow).with_budget(Budget::unlimited().with_time(Duration::from_secs(1)));
    assert!(late.embed(["a"]).await.expect_err("too late").is_budget());
}

/// Never answers.
#[derive(Debug)]
struct Slow;

impl Embedder for Slow {
    fn id(&self) -> &ModelId {
        static ID: std::sync::LazyLock<ModelId> = std::sync::LazyLock::new(|| ModelId::new("test", "slow"));
        &ID
    }

    fn embed<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        futures_util::future::pending().boxed()
    }
}

/// Has no more than one vector, and a short one the second time.
#[derive(Debug, Default)]
struct Broken(AtomicUsize);

impl Embedder for Broken {
    fn id(&self) -> &ModelId {
        Slow.id()
    }

    fn batch(&self) -> Option<usize> {
        Some(1)
    }

    fn embed<'a>(&'a self, texts: &'a [String]) -> BoxFuture<'a, Result<Embeddings>> {
        let length = if self.0.fetch_add(1, Ordering::SeqCst) == 1 { 2 } else { 3 };
        let vectors = texts.iter().take(if texts[0] == "none" { 0 } else { 1 }).map(|_| vec![1.0; length]);
        let made = Embeddings::new(vectors.collect());
        async move { Ok(made) }.boxed()
    }
}

#[tokio::test]
async fn vectors_that_do_not_fit_are_an_error() {
    let cx = context().with_embedder(Broken::default());
    assert_eq!(cx.embed(["a", "b"]).await.expect_err("a short one").kind(), ErrorKind::Decode);
    assert_eq!(cx.embed(["none"]).await.expect_err("none").kind(), ErrorKind::Decode);
    assert_eq!(cx.usage().calls, 3, "they were answered and cost what they cost");
}

#[tokio::test(start_paused = true)]
async fn models_and_embedders_can_share_a_limit() {
    let limiter = Limiter::new().requests_per_minute(60);
    let embedder: Arc<dyn Embedder> = Arc::new(Provider::new(2));
    let embedder = LimitedEmbedder::new(embedder, &limiter);
    let begun = Instant::now();
    // Asked by itself it makes its batches, each of which waits for its turn: six may go at once.
    assert_eq!(embedder.embed(&texts(40)).await.expect("vectors").vectors.len(), 40);
    let cx = context().with_embedder(embedder);
    cx.embed(texts(20)).await.expect("vectors");
    let passed = begun.elapsed().as_secs_f64();
    assert!((24.0..30.0).contains(&passed), "{passed}");
    assert_eq!(cx.usage().calls, 10);
}
