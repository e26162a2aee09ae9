//! The prices of many models.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Price, litellm};
use crate::error::{Error, Result};
use crate::lm::{Lm, ModelId, ServiceTier};

/// The prices of models. One that is not in the table has an unknown price, which is not zero.
///
/// The default table has list prices in US dollars of the models of OpenAI, Anthropic, Google, Mistral, DeepSeek, xAI
/// and Groq that read and write text or make vectors, from the table that litellm has of them.
/// [`as_of`](Prices::as_of) says when: check them before you rely on them, and set your own. Those of fine-tuned models
/// of OpenAI are those of their base. Local servers (`ollama`, `llamacpp`, `lmstudio`, `vllm`, `sglang`) and the
/// built-in model cost nothing.
///
/// # Example
///
/// ```
/// use dspy::context::{Price, Prices};
/// use dspy::lm::ServiceTier;
/// use dspy::lm::ModelId;
///
/// let prices = Prices::default().with("openai/gpt-4o-mini", Price::per_million(0.10, 0.40));
/// assert_eq!(prices.of(&"openai/gpt-4o-mini".parse()?), Some(Price::per_million(0.10, 0.40)));
/// assert_eq!(prices.of(&ModelId::new("openai", "not-yet-out")), None);
///
/// let flex = Prices::default().at(ServiceTier::Flex);
/// let sol = "openai/gpt-6-sol".parse()?;
/// let cost = |prices: &Prices| prices.of(&sol).map(|price| price.of(1_000_000, 0));
/// assert_eq!((cost(&prices), cost(&flex)), (Some(2.0), Some(1.0)));
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Prices {
    models: BTreeMap<String, Tiers>,
    tier: ServiceTier,
    /// Tells whether what goes into a cache stays there for long.
    long_cache_writes: bool,
    as_of: Option<Arc<str>>,
}

/// The prices of a model by how soon it answers; where one is not known it is that of the usual.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tiers {
    #[serde(flatten)]
    pub(super) standard: Price,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) batch: Option<Price>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) flex: Option<Price>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<Price>,
}

/// The default table. `list.py` makes it.
const LIST: &str = include_str!("list.json");

#[derive(Deserialize)]
struct List {
    as_of: String,
    models: BTreeMap<String, Tiers>,
}

/// Whose models are the user's own.
const FREE: [&str; 6] = ["builtin", "ollama", "llamacpp", "lmstudio", "vllm", "sglang"];

impl From<Price> for Tiers {
    fn from(standard: Price) -> Self {
        Self { standard, batch: None, flex: None, priority: None }
    }
}

impl Tiers {
    fn at(&mut self, tier: ServiceTier) -> Option<&mut Option<Price>> {
        match tier {
            ServiceTier::Standard => None,
            ServiceTier::Batch => Some(&mut self.batch),
            ServiceTier::Flex => Some(&mut self.flex),
            ServiceTier::Priority => Some(&mut self.priority),
        }
    }
}

impl Prices {
    /// An empty table.
    pub fn none() -> Self {
        Self::of_models(BTreeMap::new())
    }

    fn of_models(models: BTreeMap<String, Tiers>) -> Self {
        Self { models, tier: ServiceTier::Standard, long_cache_writes: false, as_of: None }
    }

    /// Reads a table from a JSON file, in either form:
    ///
    /// - that of litellm's `model_prices_and_context_window.json`, as it is. Models are called
    ///   `provider/model` as [`Lm::new`](crate::Lm::new) has it; those without a price for tokens are left out.
    /// - one of its own, per million tokens: `{"provider/model": {"input": 0.15, "output": 0.6, "cached": 0.075,
    ///   "cache_write": 0.2, "long_cache_write": 0.3, "above": [{"tokens": 200000, "input": 0.3, "output": 0.9}],
    ///   "flex": {"input": 0.07, "output": 0.3}}}`. All but `input` may be left out; `batch` and `priority` are as
    ///   `flex`.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is not such a table.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        let read = |error| Error::data(format!("`{}` is no table of prices: {error}", path.display()));
        let table: BTreeMap<String, Value> = serde_json::from_str(&text).map_err(read)?;
        if litellm::is_table(&table) {
            return Ok(Self::of_models(litellm::models(&table)));
        }
        let price = |(model, price): (String, Value)| match serde_json::from_value(price) {
            Ok(price) => Ok((model, price)),
            Err(error) => {
                let message = format!("`{}` is no table of prices: `{model}`: {error}", path.display());
                Err(Error::data(message))
            }
        };
        table.into_iter().map(price).collect::<Result<_>>().map(Self::of_models)
    }

    /// Adds the price of a model, `provider/model`. It is also that of its dated versions, such as
    /// `provider/model-2025-01-31`, that have no price of their own.
    #[must_use]
    pub fn with(mut self, model: impl Into<String>, price: Price) -> Self {
        self.models.insert(model.into(), price.into());
        self
    }

    /// Adds the price of a model's calls that are answered sooner or later than usual. One that has no other
    /// price has this one as its usual, too.
    #[must_use]
    pub fn with_tier(mut self, model: impl Into<String>, tier: ServiceTier, price: Price) -> Self {
        let known = self.models.entry(model.into()).or_insert_with(|| price.into());
        match known.at(tier) {
            Some(own) => *own = Some(price),
            None => known.standard = price,
        }
        self
    }

    /// Returns the table for calls of which neither the reply nor the request says how soon they are answered: a model
    /// that has a price for it costs that.
    #[must_use]
    pub fn at(self, tier: ServiceTier) -> Self {
        Self { tier, ..self }
    }

    /// Returns the table for calls whose entries in the provider's prompt cache stay longer than usual, such
    /// as an hour, or as long as usual, as by default.
    #[must_use]
    pub fn with_long_cache_writes(self, long: bool) -> Self {
        Self { long_cache_writes: long, ..self }
    }

    /// The day on which the prices of the default table stood so, `2026-11-30`; `None` for other tables.
    pub fn as_of(&self) -> Option<&str> {
        self.as_of.as_deref()
    }

    /// The price of a model, if it is known.
    pub fn of(&self, model: &ModelId) -> Option<Price> {
        self.of_tier(model, self.tier)
    }

    /// The price of a model's calls that are answered so soon, if it is known: that of the usual where the model has
    /// none for it.
    pub fn of_tier(&self, model: &ModelId, tier: ServiceTier) -> Option<Price> {
        if FREE.contains(&model.provider()) {
            return Some(Price::per_million(0.0, 0.0));
        }
        let mut tiers = self.known(model)?;
        let own = tiers.at(tier).and_then(|own| *own);
        let price = own.unwrap_or(tiers.standard);
        Some(if self.long_cache_writes { price.with_long_writes() } else { price })
    }

    fn known(&self, model: &ModelId) -> Option<Tiers> {
        // Both are OpenAI's, by another API.
        let provider = model.provider().trim_end_matches("-responses");
        let mut name = format!("{provider}/{}", model.name());
        if let Some(tuned) = model.name().strip_prefix("ft:") {
            // As in `ft:gpt-4.1-mini-2025-04-14:organization:suffix:id`.
            let base = tuned.split(':').next().unwrap_or_default();
            name = self.models.get(&name).map_or(format!("{provider}/ft:{base}"), |_| name);
        }
        loop {
            if let Some(tiers) = self.models.get(&name) {
                return Some(*tiers);
            }
            let (shorter, last) = name.rsplit_once('-')?;
            // A version is told by digits; `mini` is another model.
            let is_version =
                last == "latest" || (last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_digit()));
            name = Some(shorter.to_owned()).filter(|_| is_version)?;
        }
    }

    /// The price of a model's calls, as soon as it answers them.
    pub(crate) fn of_lm(&self, lm: &Lm) -> Option<Price> {
        self.answered(lm.id(), lm.model().service_tier())
    }

    /// The price of calls that were answered so soon, where that is known.
    pub(crate) fn answered(&self, model: &ModelId, tier: Option<ServiceTier>) -> Option<Price> {
        self.of_tier(model, tier.unwrap_or(self.tier))
    }

    /// The default table, which contexts share.
    pub(in crate::context) fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Prices>> = LazyLock::new(|| {
            let list = serde_json::from_str::<List>(LIST);
            Arc::new(list.map_or_else(
                |_| Prices::none(),
                |list| Prices { as_of: Some(list.as_of.into()), ..Prices::of_models(list.models) },
            ))
        });
        SHARED.clone()
    }
}

impl Default for Prices {
    fn default() -> Self {
        (*Self::shared()).clone()
    }
}

impl Serialize for Prices {
    /// Writes a table in its own form, which [`load`](Prices::load) reads.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        self.models.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Prices {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::of_models)
    }
}
