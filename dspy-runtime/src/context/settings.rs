//! The user's configuration of calls: what can be said before anything runs.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Prices, embed};
use crate::adapter::{self, Adapter, Layout};
use crate::lm::{CacheUse, Embedder, Lm, Messages, Request, Sampling};
use crate::parse::Mode;

/// The user's settings for the calls of a program. Plain data that no call changes, shared by all
/// contexts that differ in their [scope](super::Scope) alone.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) lm: Lm,
    /// The model that reads free answers, if it is another.
    pub(crate) extraction_lm: Option<Lm>,
    pub(crate) embedder: Arc<dyn Embedder>,
    /// The one of the model where none was set.
    pub(crate) adapter: Option<Arc<dyn Adapter>>,
    pub(crate) sampling: Sampling,
    pub(crate) rollout: u64,
    pub(crate) cache: CacheUse,
    pub(crate) parse_retries: u32,
    pub(crate) reply_mode: Mode,
    /// Tells whether demonstrations that lack fields are shown.
    pub(crate) partial_demos: bool,
    /// Tells whether a reply may be stopped at a field that breaks a condition.
    pub(crate) early_stop: bool,
    pub(crate) layout: Layout,
    pub(crate) prices: Arc<Prices>,
    /// Tells whether `tracing` gets the texts of prompts and replies.
    pub(crate) traced_contents: bool,
    /// Tells whether steps keep the exact prompts and replies.
    pub(crate) kept_exchanges: bool,
}

impl Settings {
    pub(super) fn new(lm: Lm) -> Self {
        Self {
            lm,
            extraction_lm: None,
            embedder: embed::built_in(),
            adapter: None,
            sampling: Sampling::default(),
            rollout: 0,
            cache: CacheUse::default(),
            parse_retries: 1,
            reply_mode: Mode::Tolerant,
            partial_demos: false,
            early_stop: false,
            layout: Layout::Json,
            prices: Prices::shared(),
            traced_contents: false,
            kept_exchanges: false,
        }
    }

    pub(super) fn adapter(&self) -> &Arc<dyn Adapter> {
        let fitting = || adapter::for_model(self.lm.model().json_support());
        self.adapter.as_ref().unwrap_or_else(fitting)
    }

    /// The model that reads free answers.
    pub(crate) fn reading_lm(&self) -> &Lm {
        self.extraction_lm.as_ref().unwrap_or(&self.lm)
    }

    /// A request with these messages.
    pub(crate) fn request(&self, messages: Messages) -> Request {
        let mut request = Request::from(messages);
        request.sampling.clone_from(&self.sampling);
        request.rollout = self.rollout;
        if let (Some(seed), 1..) = (&mut request.sampling.seed, request.rollout) {
            // Some servers take no more than 31 bits.
            *seed = seed.wrapping_add(request.rollout) & 0x7fff_ffff;
        }
        request.cache = self.cache;
        request
    }

    /// The LM calls of one call of a predictor with this adapter: if all goes well, and at most.
    pub(crate) fn calls_with(&self, adapter: &Arc<dyn Adapter>) -> (u64, u64) {
        let extraction = adapter.extraction(self.reading_lm().model().json_support());
        let for_an_answer = if extraction.is_some() { 2 } else { 1 };
        (for_an_answer, for_an_answer * (1 + u64::from(self.parse_retries)))
    }

    /// The most calls that vectors of so many texts take.
    pub(crate) fn embedding_calls(&self, texts: usize) -> u64 {
        self.embedder.batch().map_or(0, |batch| texts.div_ceil(batch.max(1)) as u64)
    }

    /// All that a reply depends on besides the program and its inputs. The adapter is known by its name; what
    /// it writes is for those to tell who have something to write.
    pub(crate) fn described(&self) -> Value {
        let model = |lm: &Lm| match lm.model().settings() {
            None => json!([lm.id().to_string(), lm.model().endpoint()]),
            settings => json!([lm.id().to_string(), lm.model().endpoint(), settings]),
        };
        json!({
            "model": model(&self.lm),
            "extraction_model": self.extraction_lm.as_ref().map(model),
            "embedder": self.embedder.id().to_string(),
            "adapter": self.adapter().name(),
            "sampling": self.sampling,
            "rollout": self.rollout,
            "parse_retries": self.parse_retries,
            "reading": [
                format!("{:?}", self.reply_mode),
                format!("{:?}", self.layout),
                format!("{:?}", (self.partial_demos, self.early_stop)),
            ],
        })
    }

    /// Returns the note for the case that the temperature is left to a server: that, and what is known of it.
    pub(crate) fn unset_temperature(&self) -> Option<String> {
        // A model of the process has none.
        let endpoint = self.lm.model().endpoint().filter(|_| self.sampling.temperature.is_none())?;
        let usual = match crate::lm::usual_temperature(self.lm.id().provider(), &endpoint) {
            Some(usual) => format!(", {usual} where nobody has set it otherwise"),
            None => String::new(),
        };
        Some(format!(
            "no temperature is set, so that of the server holds{usual}: replies may differ from run to run. \
             `Context::with_temperature` sets one, or `--temperature`"
        ))
    }
}
