//! The price of tokens.

mod litellm;
mod prices;

use serde::{Deserialize, Serialize};

#[cfg(test)]
use crate::lm::ServiceTier;
pub use prices::Prices;

use crate::lm::Usage;

/// The price of a model's tokens, in the currency of whoever pays.
///
/// # Example
///
/// ```
/// use dspy::context::Price;
/// use dspy::lm::Usage;
///
/// let price = Price::per_million(0.15, 0.60).with_cached(0.075);
/// assert_eq!(price.of(1_000_000, 500_000), 0.45);
///
/// let long = Price::per_million(2.0, 10.0).above(272_000, Price::per_million(4.0, 15.0));
/// let mut usage = Usage::default();
/// (usage.calls, usage.input_tokens) = (1, 300_000);
/// assert_eq!(long.of_usage(&usage), 1.2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Price {
    #[serde(flatten)]
    rates: Rates,
    /// The rates of calls whose prompts are longer.
    #[serde(default, skip_serializing_if = "Above::is_empty")]
    above: Above,
}

/// Prices of a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Rates {
    input: f64,
    #[serde(default)]
    output: f64,
    /// The price of tokens that the provider's prompt cache gives, where that is cheaper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cached: Option<f64>,
    /// The price of tokens that go into it, where that is dearer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache_write: Option<f64>,
    /// The price of tokens that go into it to stay for longer than is usual, such as an hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    long_cache_write: Option<f64>,
}

/// The rates of prompts that are longer than so many tokens, the shortest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Vec<Longer>", into = "Vec<Longer>")]
struct Above([Option<Longer>; LEVELS]);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Longer {
    tokens: u64,
    #[serde(flatten)]
    rates: Rates,
}

/// More than any provider has.
const LEVELS: usize = 4;

impl Price {
    /// Makes the price of a million tokens of prompts, and of a million of replies.
    #[must_use]
    pub fn per_million(input: f64, output: f64) -> Self {
        let rates = Rates { input, output, cached: None, cache_write: None, long_cache_write: None };
        Self { rates, above: Above::default() }
    }

    /// Sets the price of a million tokens that come out of the provider's prompt cache; else as other input.
    #[must_use]
    pub fn with_cached(mut self, cached: f64) -> Self {
        self.rates.cached = Some(cached);
        self
    }

    /// Sets the price of a million tokens that go into the provider's prompt cache; else as other input.
    #[must_use]
    pub fn with_cache_write(mut self, cache_write: f64) -> Self {
        self.rates.cache_write = Some(cache_write);
        self
    }

    /// Sets the price of a million tokens that go into the provider's prompt cache to stay for longer than is
    /// usual; else as those that stay as long as is usual. The usage tells which do, where the provider
    /// reports it, and else [`Prices::with_long_cache_writes`] says that all do.
    #[must_use]
    pub fn with_long_cache_write(mut self, long_cache_write: f64) -> Self {
        self.rates.long_cache_write = Some(long_cache_write);
        self
    }

    /// Sets another price for whole calls whose prompts are longer than so many tokens, in whole thousands.
    /// There may be up to four such lengths; with more, the longest is left out.
    #[must_use]
    pub fn above(mut self, tokens: u64, price: Self) -> Self {
        let known = self.above.0.into_iter().flatten().filter(|longer| longer.tokens != tokens);
        let all: Vec<Longer> = known.chain([Longer { tokens, rates: price.rates }]).collect();
        self.above = all.into();
        self
    }

    /// The cost of so many tokens, of short prompts and without a cache.
    #[must_use]
    pub fn of(&self, input_tokens: u64, output_tokens: u64) -> f64 {
        self.rates.of(input_tokens, output_tokens)
    }

    /// The cost of what was paid for. Several calls together cost as if their prompts were all of one length.
    #[must_use]
    pub fn of_usage(&self, usage: &Usage) -> f64 {
        let length = usage.input_tokens / usage.calls.max(1);
        self.rates_of(length).of_usage(&usage.paid())
    }

    /// The cost of calls whoever paid for them, by the mean length of their prompts, as if there were no cache of the
    /// provider's: what it holds is chance.
    pub(crate) fn of_calls(&self, usage: &Usage) -> f64 {
        let length = usage.input_tokens / usage.calls.max(1);
        self.rates_of(length).of(usage.input_tokens, usage.output_tokens)
    }

    /// The most that so many tokens can cost, however long prompts are and whatever goes into a cache.
    pub(super) fn at_most(&self, input_tokens: u64, output_tokens: u64) -> f64 {
        let all = self.above.0.iter().flatten().map(|longer| longer.rates).chain([self.rates]);
        let (input, output) = all.fold((0.0_f64, 0.0_f64), |(input, output), rates| {
            let writes = rates.cache_write.into_iter().chain(rates.long_cache_write);
            (writes.fold(input.max(rates.input), f64::max), output.max(rates.output))
        });
        Self::per_million(input, output).of(input_tokens, output_tokens)
    }

    fn rates_of(&self, length: u64) -> Rates {
        let longer = self.above.0.iter().flatten().rfind(|longer| length > longer.tokens);
        longer.map_or(self.rates, |longer| longer.rates)
    }

    /// Returns the price where all that goes into a cache stays for long.
    fn with_long_writes(mut self) -> Self {
        self.rates.write_long();
        self.above.0.iter_mut().flatten().for_each(|longer| longer.rates.write_long());
        self
    }
}

impl Rates {
    #[allow(clippy::cast_precision_loss)]
    fn of(&self, input_tokens: u64, output_tokens: u64) -> f64 {
        (input_tokens as f64 * self.input + output_tokens as f64 * self.output) / 1e6
    }

    #[allow(clippy::cast_precision_loss)]
    fn of_usage(&self, paid: &Usage) -> f64 {
        let less =
            |price: Option<f64>, tokens: u64| tokens as f64 * (price.unwrap_or(self.input) - self.input);
        let long = paid.hour_cache_write_tokens.min(paid.cache_write_tokens);
        let cache = less(self.cached, paid.cached_input_tokens)
            + less(self.long_cache_write.or(self.cache_write), long)
            + less(self.cache_write, paid.cache_write_tokens - long);
        self.of(paid.input_tokens, paid.output_tokens) + cache / 1e6
    }

    fn write_long(&mut self) {
        self.cache_write = self.long_cache_write.or(self.cache_write);
    }
}

impl Above {
    fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

impl From<Vec<Longer>> for Above {
    fn from(mut all: Vec<Longer>) -> Self {
        all.sort_by_key(|longer| longer.tokens);
        let mut levels = [None; LEVELS];
        levels.iter_mut().zip(all).for_each(|(level, longer)| *level = Some(longer));
        Self(levels)
    }
}

impl From<Above> for Vec<Longer> {
    fn from(above: Above) -> Self {
        above.0.into_iter().flatten().collect()
    }
}

/// The thousands of tokens of a call's prompt, so that calls may be counted together that cost alike: 272 for 272,001
/// to 273,000 tokens.
pub(super) fn thousands(usage: &Usage) -> u64 {
    usage.input_tokens.saturating_sub(1) / 1_000
}

#[cfg(test)]
mod tests;
