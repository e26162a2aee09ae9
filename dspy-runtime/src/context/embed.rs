//! Calls that make vectors of texts, charged like those that make replies.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Instant;

use tracing::Instrument;

use super::call::{GIVEN_UP, Open, failed, late};
use super::replies::Call;
use super::settled::Settled;
use super::{Scope, measures, spans};
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

/// The embeddings that a step has asked for.
#[derive(Debug)]
pub(crate) struct Embedded {
    path: Arc<str>,
    usage: Mutex<Usage>,
}

impl Embedded {
    /// Makes that of the step of this path, which has embedded nothing yet.
    pub(crate) fn new(path: &Arc<str>) -> Arc<Self> {
        Arc::new(Self { path: path.clone(), usage: Mutex::default() })
    }

    fn add(&self, usage: Usage) {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner) += usage;
    }

    pub(crate) fn usage(&self) -> Usage {
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Scope {
    /// Makes one vector for each text, for the step that this is in, or for none.
    pub(super) async fn embed(&self, embedder: &dyn Embedder, texts: &[String]) -> Result<Embeddings> {
        let Some(step) = &self.embedded else {
            return self.embed_for(embedder, &Arc::from(PATH), texts).await.1;
        };
        let (usage, outcome) = self.embed_for(embedder, &step.path, texts).await;
        step.add(usage);
        outcome
    }

    /// The vectors of texts that are there for many calls: charged to the scope and to no run. A search, whose
    /// candidates show much the same, pays for each text once.
    pub(crate) async fn embed_for_all(
        &self,
        embedder: &dyn Embedder,
        path: &Arc<str>,
        texts: &[String],
    ) -> Result<Vec<Vec<f32>>> {
        let outside = self.clone().outside_runs();
        let Some(replies) = self.replies.as_ref().filter(|_| embedder.batch().is_some()) else {
            return Ok(outside.embed_for(embedder, path, texts).await.1?.vectors);
        };
        let id = embedder.id();
        let unknown = replies.unknown_texts(id, texts);
        let made = outside.embed_for(embedder, path, &unknown).await.1?;
        replies.keep_vectors(id, &unknown, made.vectors);
        Ok(replies.vectors(id, texts))
    }

    /// The vectors of texts, for a predictor: what they cost stands whether they came or not.
    pub(crate) async fn embed_for(
        &self,
        embedder: &dyn Embedder,
        path: &Arc<str>,
        texts: &[String],
    ) -> (Usage, Result<Embeddings>) {
        let Some(batch) = embedder.batch() else {
            let outcome = embedder.embed(texts).await.and_then(|made| whole(made, texts.len(), None));
            return (Usage::default(), outcome);
        };
        let mut all = Embeddings::default();
        for batch in texts.chunks(batch.max(1)) {
            let span = self.embedding_span(embedder.id(), path, batch.len());
            let (usage, outcome) = self.embed_batch(embedder, path, batch).instrument(span.clone()).await;
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
    async fn embed_batch(
        &self,
        embedder: &dyn Embedder,
        path: &Arc<str>,
        texts: &[String],
    ) -> (Usage, Result<Embeddings>) {
        if let Err(error) = self.begin() {
            return (Usage::default(), Err(error));
        }
        let begun = Instant::now();
        let (usage, outcome, took) = match &self.replies {
            None => {
                let (usage, outcome) = self.pay_for_texts(embedder, path, texts, None).await;
                (usage, outcome, begun.elapsed())
            }
            Some(replies) => {
                let id = embedder.id();
                let key = Key::of_texts(id, texts);
                let call = Call { key, path, purpose: self.purpose, model: id.to_string() };
                replies.once(call, |recorded| self.pay_for_texts(embedder, path, texts, recorded)).await
            }
        };
        self.count(usage, took, embedder.id(), None);
        (usage, outcome)
    }

    async fn pay_for_texts(
        &self,
        embedder: &dyn Embedder,
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
                let open = Open::new(|| self.charge_texts(embedder, path, GIVEN_UP));
                let begun = Instant::now();
                let Some(outcome) = self.in_time(self.told(embedder.embed(texts))).await else {
                    return (GIVEN_UP, Err(late()));
                };
                measures::embeddings(embedder.id(), begun.elapsed(), outcome.as_ref());
                open.over(outcome)
            }
        };
        let usage = match &outcome {
            // It was one call, whatever an embedder of the user's own says.
            Ok(embeddings) => Usage { calls: 1, ..embeddings.usage },
            Err(error) => failed(error),
        };
        self.meter.settle(bound, usage);
        self.accounts.add(path, embedder.id(), self.purpose, None, usage);
        let outcome = outcome.map(|mut embeddings| {
            embeddings.usage = usage;
            embeddings
        });
        (usage, outcome)
    }

    /// Charges a call whose place is taken; what was set aside for it stays so.
    fn charge_texts(&self, embedder: &dyn Embedder, path: &Arc<str>, usage: Usage) {
        self.meter.add(usage);
        self.accounts.add(path, embedder.id(), self.purpose, None, usage);
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
