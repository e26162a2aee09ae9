//! One run of a program: how much it asks, and what it asks again.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::meter::Meter;
use super::{Prices, price};
use crate::cache::Key;
use crate::error::Result;
use crate::lm::{ModelId, ServiceTier, Usage};

/// The calls of one run of a program, paid for or not.
#[derive(Debug, Default)]
pub(crate) struct ProgramRun {
    meter: Meter,
    asked: Mutex<HashMap<Key, u32>>,
    latency: Mutex<Duration>,
    models: Mutex<BTreeMap<Account, (ModelId, Usage)>>,
}

/// Calls that cost alike: the name of the model, how soon they were answered, and the length of the prompts in thousands
/// of tokens.
type Account = (String, Option<ServiceTier>, u64);

impl ProgramRun {
    /// A run that may make so many calls, if there is a bound.
    pub(crate) fn new(calls: Option<u64>) -> Self {
        Self { meter: Meter::run(calls), ..Self::default() }
    }

    /// Takes a place for a call.
    pub(super) fn begin(&self) -> Result<()> {
        self.meter.count()
    }

    /// Adds what the call cost besides its place, and how long it took.
    pub(super) fn end(&self, usage: Usage, took: Duration, model: &ModelId, tier: Option<ServiceTier>) {
        self.meter.add(usage);
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let account = (model.to_string(), tier, price::thousands(&usage));
        models.entry(account).or_insert_with(|| (model.clone(), Usage::default())).1 += usage;
        drop(models);
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) += took;
    }

    /// Returns the time its calls took, as if one after another.
    pub(crate) fn latency(&self) -> Duration {
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of a request in this run: a program that asks the same several times, to see replies
    /// vary, gets as many replies as it asks for.
    pub(super) fn key(&self, key: Key) -> Key {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let times = asked.entry(key).or_default();
        *times += 1;
        key.again(*times - 1)
    }

    /// Returns the cost of its calls by a table of prices, as if none of our caches had answered any; `None`
    /// where the price of a model is not known.
    pub(crate) fn cost(&self, prices: &Prices) -> Option<f64> {
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        // In the order of the models' names, since sums of fractions depend on their order.
        let cost = |((_, tier, _), (model, usage)): (&Account, &(ModelId, Usage))| {
            let asked = Usage { hits: 0, saved_input_tokens: 0, saved_output_tokens: 0, ..*usage };
            Some(prices.answered(model, *tier)?.of_usage(&asked))
        };
        models.iter().map(cost).sum()
    }

    pub(crate) fn usage(&self) -> Usage {
        self.meter.usage()
    }
}
