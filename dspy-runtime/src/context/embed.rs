//! Calls that make vectors of texts, charged like those that make replies.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;

use tracing::Instrument;

use super::call::{GIVEN_UP, Open, failed, late};
use super::kept::Settled;
use super::replies::Call;
use super::{Context, spans};
use crate::cache::Key;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Embedder, Embeddings, HashedEmbedder, Usage};

/// The path of calls that no predictor makes.
const PATH: &str = "embed";

/// The default embedder, which contexts share.
pub(super) fn built_in() -> Arc<dyn Embedder> {
    static SHARED: LazyLock<Arc<HashedEmbedder>> = LazyLock::new(Arc::default);
    SHARED.clone()
}

/// What a step has embedded.
#[derive(Debug)]
pub(crate) struct Embedded {
    path: Arc<str>,
    usage: Mutex<Usage>,
}

impl Embedded {
    fn add(&self, usage: Usage) {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) += usage;
    }

    pub(crate) fn usage(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Context {
    /// The same with another embedder; the built-in one, [`HashedEmbedder`], by default.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::{LimitedEmbedder, Limiter, embedder};
    /// use dspy::{Context, Lm};
    ///
    /// let limiter = Limiter::new().requests_per_minute(3_000);
    /// let embedder = LimitedEmbedder::new(embedder("builtin/hashed")?, &limiter);
    /// let cx = Context::new(Lm::new("builtin/lexical")?).with_embedder(embedder);
    /// assert_eq!(cx.embedder().id().to_string(), "builtin/hashed@1");
    /// # Ok::<(), dspy::Error>(())
    /// ```
    #[must_use]
    pub fn with_embedder(&self, embedder: impl Embedder + 'static) -> Self {
        self.changed(|settings| settings.embedder = Arc::new(embedder))
    }

    /// The embedder.
    pub fn embedder(&self) -> &Arc<dyn Embedder> {
        &self.settings.embedder
    }

    /// Makes one vector for each text, within the budget.
    ///
    /// Each call of the embedder's provider is charged like a call of a model: to the budget, to the
    /// [usage](Context::usage) and to the [ledger](Context::ledger), there at the path `embed` (in a retriever,
    /// that of its [`Retrieve`](crate::retrieve::Retrieve)) and under the embedder's name. To `tracing` it is a span `embeddings`. The built-in embedder makes no call.
    ///
    /// # Errors
    ///
    /// When the embedder cannot be reached, or the budget is spent.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::{Context, Lm};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let cx = Context::new(Lm::new("builtin/lexical")?);
    /// let vectors = cx.embed(["the parcel is late", "where is my parcel"]).await?.vectors;
    /// assert_eq!((vectors.len(), cx.usage().calls), (2, 0));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn embed<T: Into<String>>(&self, texts: impl IntoIterator<Item = T>) -> Result<Embeddings> {
        let texts: Vec<String> = texts.into_iter().map(Into::into).collect();
        let Some(step) = &self.embedded else { return self.embed_for(&Arc::from(PATH), &texts).await.1 };
        let (usage, outcome) = self.embed_for(&step.path, &texts).await;
        step.add(usage);
        outcome
    }

    /// The same for a step: what it embeds is charged at the step's path and collected for the step.
    pub(crate) fn embedding_at(&self, path: &Arc<str>) -> (Self, Arc<Embedded>) {
        let step = Arc::new(Embedded { path: path.clone(), usage: Mutex::default() });
        (Self { embedded: Some(step.clone()), ..self.clone() }, step)
    }

    /// The most calls that vectors of so many texts take.
    pub(crate) fn embedding_calls(&self, texts: usize) -> u64 {
        self.embedder().batch().map_or(0, |batch| texts.div_ceil(batch.max(1)) as u64)
    }

    /// The vectors of texts that are there for many calls: charged to the context and to no run. A search, whose
    /// candidates show much the same, pays for each text once.
    pub(crate) async fn embed_for_all(&self, path: &Arc<str>, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        let cx = Self { run: None, ..self.clone() };
        let Some(replies) = self.replies.as_ref().filter(|_| self.embedder().batch().is_some()) else {
            return Ok(cx.embed_for(path, texts).await.1?.vectors);
        };
        let id = self.embedder().id();
        let unknown = replies.unknown_texts(id, texts);
        let made = cx.embed_for(path, &unknown).await.1?;
        replies.keep_vectors(id, &unknown, made.vectors);
        Ok(replies.vectors(id, texts))
    }

    /// The vectors of texts, for a predictor: what they cost stands whether they came or not.
    pub(crate) async fn embed_for(&self, path: &Arc<str>, texts: &[String]) -> (Usage, Result<Embeddings>) {
        let Some(batch) = self.embedder().batch() else {
            let outcome = self.embedder().embed(texts).await.and_then(|made| whole(made, texts.len(), None));
            return (Usage::default(), outcome);
        };
        let mut all = Embeddings::default();
        for batch in texts.chunks(batch.max(1)) {
            let span = self.embedding_span(path, batch.len());
            let (usage, outcome) = self.embed_batch(path, batch).instrument(span.clone()).await;
            spans::embedded(&span, &outcome);
            all.usage += usage;
            match outcome.and_then(|made| whole(made, batch.len(), all.vectors.first())) {
                Ok(made) => all.vectors.extend(made.vectors),
                Err(error) => return (all.usage, Err(error)),
            }
        }
        (all.usage, Ok(all))
    }

    /// Makes one call, or takes the vectors that the search has had for the same texts.
    async fn embed_batch(&self, path: &Arc<str>, texts: &[String]) -> (Usage, Result<Embeddings>) {
        if let Err(error) = self.begin() {
            return (Usage::default(), Err(error));
        }
        let begun = Instant::now();
        let (usage, outcome, took) = match &self.replies {
            None => {
                let (usage, outcome) = self.pay_for_texts(path, texts, None).await;
                (usage, outcome, begun.elapsed())
            }
            Some(replies) => {
                let id = self.embedder().id();
                let key = Key::of_texts(id, texts);
                let call = Call { key, path, purpose: self.purpose, model: id.to_string() };
                replies.once(call, |recorded| self.pay_for_texts(path, texts, recorded)).await
            }
        };
        self.count(usage, took, self.embedder().id());
        (usage, outcome)
    }

    async fn pay_for_texts(
        &self,
        path: &Arc<str>,
        texts: &[String],
        recorded: Option<Settled>,
    ) -> (Usage, Result<Embeddings>) {
        let bound = match self.meter.reserve_texts(texts) {
            Ok(bound) => bound,
            Err(error) => return (Usage::default(), Err(error)),
        };
        let outcome = match recorded {
            Some(settled) => settled.outcome(),
            None => {
                let open = Open::new(|| self.charge_texts(path, GIVEN_UP));
                match self.in_time(self.told(self.embedder().embed(texts))).await {
                    Some(outcome) => open.over(outcome),
                    None => return (GIVEN_UP, Err(late())),
                }
            }
        };
        let usage = match &outcome {
            // It was one call, whatever an embedder of the user's own says.
            Ok(embeddings) => Usage { calls: 1, ..embeddings.usage },
            Err(error) => failed(error),
        };
        self.meter.settle(bound, usage);
        self.accounts.add(path, self.embedder().id(), self.purpose, usage);
        let outcome = outcome.map(|mut embeddings| {
            embeddings.usage = usage;
            embeddings
        });
        (usage, outcome)
    }

    /// Charges a call whose place is taken; what was set aside for it stays so.
    fn charge_texts(&self, path: &Arc<str>, usage: Usage) {
        self.meter.add(usage);
        self.accounts.add(path, self.embedder().id(), self.purpose, usage);
    }
}

/// Vectors, if there are as many as there are texts and all have the length of those that are known.
fn whole(embeddings: Embeddings, texts: usize, known: Option<&Vec<f32>>) -> Result<Embeddings> {
    let found = embeddings.vectors.len();
    let length = known.or(embeddings.vectors.first()).map_or(0, Vec::len);
    let message = match embeddings.vectors.iter().all(|vector| vector.len() == length) {
        true if found == texts => return Ok(embeddings),
        true => format!("the embedder gave {found} vectors for {texts} texts"),
        false => "the embedder gave vectors of several lengths".to_owned(),
    };
    Err(Error::new(ErrorKind::Decode, message))
}
