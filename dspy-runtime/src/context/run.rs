//! One run of a program: how much it asks, and what it asks again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::meter::Meter;
use crate::cache::Key;
use crate::error::Result;
use crate::lm::Usage;

/// What one run of a program has asked for, paid for or not.
#[derive(Debug, Default)]
pub(crate) struct ProgramRun {
    meter: Meter,
    asked: Mutex<HashMap<Key, u32>>,
    latency: Mutex<Duration>,
}

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
    pub(super) fn end(&self, usage: Usage, took: Duration) {
        self.meter.add(usage);
        *self.latency.lock().unwrap_or_else(PoisonError::into_inner) += took;
    }

    /// How long its calls took, as if one after another.
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

    pub(crate) fn usage(&self) -> Usage {
        self.meter.usage()
    }
}
