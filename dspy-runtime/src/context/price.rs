//! What tokens cost.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::lm::{ModelId, Usage};

/// What a model's tokens cost, in the currency of whoever pays.
///
/// # Example
///
/// ```
/// use dspy::Price;
///
/// let price = Price::per_million(0.15, 0.60).with_cached(0.075);
/// assert_eq!(price.of(1_000_000, 500_000), 0.45);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    input: f64,
    output: f64,
    /// Of what the provider's prompt cache gives, where that is cheaper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cached: Option<f64>,
    /// Of what goes into it, where that is dearer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache_write: Option<f64>,
}

impl Price {
    /// So much for a million tokens of prompts, and for a million of replies.
    #[must_use]
    pub fn per_million(input: f64, output: f64) -> Self {
        Self { input, output, cached: None, cache_write: None }
    }

    /// So much for a million tokens that come out of the provider's prompt cache; else as other input.
    #[must_use]
    pub fn with_cached(self, cached: f64) -> Self {
        Self { cached: Some(cached), ..self }
    }

    /// So much for a million tokens that go into the provider's prompt cache; else as other input.
    #[must_use]
    pub fn with_cache_write(self, cache_write: f64) -> Self {
        Self { cache_write: Some(cache_write), ..self }
    }

    /// The cost of so many tokens.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn of(&self, input_tokens: u64, output_tokens: u64) -> f64 {
        (input_tokens as f64 * self.input + output_tokens as f64 * self.output) / 1e6
    }

    /// The cost of what was paid for.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn of_usage(&self, usage: &Usage) -> f64 {
        let paid = usage.paid();
        let less =
            |price: Option<f64>, tokens: u64| tokens as f64 * (price.unwrap_or(self.input) - self.input);
        let cache =
            less(self.cached, paid.cached_input_tokens) + less(self.cache_write, paid.cache_write_tokens);
        self.of(paid.input_tokens, paid.output_tokens) + cache / 1e6
    }
}

/// The prices of models. One that is not in the table has an unknown price, which is not zero.
///
/// The default table has list prices in US dollars of some models of OpenAI, Anthropic, Google, Mistral,
/// DeepSeek and xAI, as they stood in late 2025: check them before you rely on them, and set your own.
/// Local servers (`ollama`, `llamacpp`, `lmstudio`, `vllm`, `sglang`) and the built-in model cost nothing.
///
/// # Example
///
/// ```
/// use dspy::lm::ModelId;
/// use dspy::{Price, Prices};
///
/// let prices = Prices::default().with("openai/gpt-4o-mini", Price::per_million(0.10, 0.40));
/// assert_eq!(prices.of(&"openai/gpt-4o-mini".parse()?), Some(Price::per_million(0.10, 0.40)));
/// assert_eq!(prices.of(&ModelId::new("openai", "not-yet-out")), None);
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Prices(BTreeMap<String, Price>);

/// Whose models are the user's own.
const FREE: [&str; 6] = ["builtin", "ollama", "llamacpp", "lmstudio", "vllm", "sglang"];

impl Prices {
    /// An empty table.
    pub fn none() -> Self {
        Self(BTreeMap::new())
    }

    /// Reads a table of `{"provider/model": {"input": 0.15, "output": 0.6, "cached": 0.075, "cache_write": 0.2}}`, per
    /// million tokens; the last two may be left out.
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is not such a table.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        serde_json::from_str(&text)
            .map_err(|error| Error::data(format!("`{}` is no table of prices: {error}", path.display())))
    }

    /// The same with the price of a model, `provider/model`. It is also that of its dated versions, such as
    /// `provider/model-2025-01-31`, that have no price of their own.
    #[must_use]
    pub fn with(mut self, model: impl Into<String>, price: Price) -> Self {
        self.0.insert(model.into(), price);
        self
    }

    /// The price of a model, if it is known.
    pub fn of(&self, model: &ModelId) -> Option<Price> {
        if FREE.contains(&model.provider()) {
            return Some(Price::per_million(0.0, 0.0));
        }
        let mut name = format!("{}/{}", model.provider(), model.name());
        loop {
            if let Some(price) = self.0.get(&name) {
                return Some(*price);
            }
            let (shorter, last) = name.rsplit_once('-')?;
            // A version is told by digits; `mini` is another model.
            let is_version =
                last == "latest" || (last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_digit()));
            name = Some(shorter.to_owned()).filter(|_| is_version)?;
        }
    }

    /// The default table, which contexts share.
    pub(super) fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Prices>> = LazyLock::new(Arc::default);
        SHARED.clone()
    }
}

/// Model, input, output, and cached input where it is cheaper; US dollars for a million tokens.
const TABLE: [(&str, f64, f64, Option<f64>); 24] = [
    ("openai/gpt-4o", 2.50, 10.0, Some(1.25)),
    ("openai/gpt-4o-mini", 0.15, 0.60, Some(0.075)),
    ("openai/gpt-4.1", 2.0, 8.0, Some(0.50)),
    ("openai/gpt-4.1-mini", 0.40, 1.60, Some(0.10)),
    ("openai/gpt-4.1-nano", 0.10, 0.40, Some(0.025)),
    ("openai/o3", 2.0, 8.0, Some(0.50)),
    ("openai/o4-mini", 1.10, 4.40, Some(0.275)),
    ("openai/gpt-5", 1.25, 10.0, Some(0.125)),
    ("openai/gpt-5-mini", 0.25, 2.0, Some(0.025)),
    ("openai/gpt-5-nano", 0.05, 0.40, Some(0.005)),
    ("openai/text-embedding-3-small", 0.02, 0.0, None),
    ("openai/text-embedding-3-large", 0.13, 0.0, None),
    ("anthropic/claude-opus-4-1", 15.0, 75.0, Some(1.50)),
    ("anthropic/claude-sonnet-4", 3.0, 15.0, Some(0.30)),
    ("anthropic/claude-sonnet-4-5", 3.0, 15.0, Some(0.30)),
    ("anthropic/claude-haiku-4-5", 1.0, 5.0, Some(0.10)),
    ("gemini/gemini-2.5-pro", 1.25, 10.0, None),
    ("gemini/gemini-2.5-flash", 0.30, 2.50, None),
    ("gemini/gemini-2.5-flash-lite", 0.10, 0.40, None),
    ("mistral/mistral-large", 2.0, 6.0, None),
    ("mistral/mistral-small", 0.10, 0.30, None),
    ("deepseek/deepseek-chat", 0.28, 0.42, Some(0.028)),
    ("deepseek/deepseek-reasoner", 0.28, 0.42, Some(0.028)),
    ("xai/grok-4", 3.0, 15.0, Some(0.75)),
];

impl Default for Prices {
    fn default() -> Self {
        let price = |(model, input, output, cached): &(&str, f64, f64, Option<f64>)| {
            // Anthropic charges a quarter more for what goes into its cache.
            let cache_write = model.starts_with("anthropic/").then_some(input * 1.25);
            ((*model).to_owned(), Price { input: *input, output: *output, cached: *cached, cache_write })
        };
        Self(TABLE.iter().map(price).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_versions_have_the_price_of_their_model_and_no_other_model_has() {
        let prices = Prices::default();
        let of = |name: &str| prices.of(&name.parse().expect("a name"));
        assert_eq!(of("openai/gpt-4o-2024-08-06"), of("openai/gpt-4o"));
        assert_eq!(of("anthropic/claude-haiku-4-5-20251001"), of("anthropic/claude-haiku-4-5"));
        assert_eq!(of("mistral/mistral-large-latest"), of("mistral/mistral-large"));
        assert_ne!(of("openai/gpt-4o-mini"), of("openai/gpt-4o"));
        assert_eq!(of("openai/gpt-4o-audio"), None);
        assert_eq!(of("anthropic/claude"), None);
        assert_eq!(of("ollama/llama3.2"), Some(Price::per_million(0.0, 0.0)));
    }

    #[test]
    fn cached_tokens_cost_what_the_table_says_and_hits_nothing() {
        let price = Price::per_million(3.0, 15.0).with_cached(0.3).with_cache_write(3.75);
        let usage = Usage {
            calls: 1,
            input_tokens: 1_000_000,
            output_tokens: 100_000,
            cached_input_tokens: 600_000,
            cache_write_tokens: 200_000,
            ..Usage::default()
        };
        let cost = price.of_usage(&usage);
        assert!((cost - (0.2 * 3.0 + 0.6 * 0.3 + 0.2 * 3.75 + 0.1 * 15.0)).abs() < 1e-9, "{cost}");
        assert_eq!(price.of_usage(&usage.as_hit()), 0.0);
    }
}
