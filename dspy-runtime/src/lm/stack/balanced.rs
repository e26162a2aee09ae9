//! Calls spread over several models.

use std::hash::Hasher;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::BoxStream;
use serde_json::{Value, json};

use super::fallback::{all_refuse, common_support, first_answer, first_stream, told_apart};
use crate::error::Result;
use crate::lm::{Chunk, JsonSupport, LanguageModel, Lm, ModelId, Request, Response};
use crate::media::Media;

/// Several models that share the calls by weight, such as one model at two providers.
///
/// Which one is asked follows from the request alone, so the same request always goes to the same model and
/// a search reaches the same result in every run. Where a model fails as in
/// [`Fallback`](crate::lm::Fallback), the next one by the same measure is asked. (Weighted rendezvous hashing,
/// after Thaler and Ravishankar, 1998: when a model is added or taken away, only its share moves.)
///
/// It goes by the name of the first.
///
/// # Example
///
/// ```
/// use dspy::Lm;
/// use dspy::lm::{Balanced, Scripted};
///
/// let (here, there) = (Scripted::replies(["hello"]), Scripted::replies(["hello"]));
/// let lm = Lm::from(Balanced::new(here, 3.0).with(there, 1.0));
/// # let _ = lm;
/// ```
#[derive(Debug)]
pub struct Balanced {
    lms: Vec<Lm>,
    weights: Vec<f64>,
}

impl Balanced {
    /// A model and its weight, without others yet.
    pub fn new(lm: impl Into<Lm>, weight: f64) -> Self {
        Self { lms: vec![lm.into()], weights: vec![weight] }
    }

    /// Adds a model. One of weight 0, or of one that is no number, is asked after all others.
    #[must_use]
    pub fn with(mut self, lm: impl Into<Lm>, weight: f64) -> Self {
        self.lms.push(lm.into());
        self.weights.push(weight);
        self
    }

    /// The models in the order in which a request goes to them.
    fn order(&self, request: &Request) -> impl Iterator<Item = &Lm> + Send + use<'_> {
        let hash = hash(request);
        let mut order: Vec<(f64, usize)> = self
            .weights
            .iter()
            .enumerate()
            .map(|(place, weight)| (distance(mixed(hash ^ mixed(place as u64 + 1)), *weight), place))
            .collect();
        order.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        order.into_iter().map(|(_, place)| &self.lms[place])
    }
}

/// The smaller, the sooner: exponentially distributed, with the weight as its rate.
#[allow(clippy::cast_precision_loss)]
fn distance(hash: u64, weight: f64) -> f64 {
    let uniform = ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    match weight > 0.0 {
        true => -uniform.ln() / weight,
        false => f64::INFINITY,
    }
}

/// FNV-1a of what is asked, the same in every process.
fn hash(request: &Request) -> u64 {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    for message in request.messages.iter() {
        hash.write(message.text().as_bytes());
        hash.write(&[0xff]);
    }
    hash.write(&request.rollout.to_le_bytes());
    mixed(hash.finish())
}

struct Fnv(u64);

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        self.0 =
            bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Spreads a hash over all bits (the finalizer of SplitMix64).
fn mixed(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

impl LanguageModel for Balanced {
    fn id(&self) -> &ModelId {
        self.lms[0].id()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move { first_answer(self.order(request), request).await }.boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        first_stream(self.order(request), request)
    }

    fn json_support(&self) -> JsonSupport {
        common_support(&self.lms)
    }

    fn takes_tools(&self) -> bool {
        self.lms.iter().all(|lm| lm.model().takes_tools())
    }

    fn settings(&self) -> Option<Value> {
        Some(json!({"balanced": told_apart(&self.lms), "weights": self.weights}))
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
