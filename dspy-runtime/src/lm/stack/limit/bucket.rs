//! A share of a limit per minute that fills up with time.

use std::time::Duration;

use tokio::time::Instant;

/// The amount that may be taken at once, of the amount that may be taken in a minute. The rest comes
/// evenly, so that in no minute, whenever it begins, more is taken than the limit.
const BURST: f64 = 0.1;

/// Holds up to [`BURST`] of a limit. It may be overdrawn, which whoever comes next waits for.
#[derive(Debug)]
pub(super) struct Bucket {
    level: f64,
    at: Instant,
    capacity: f64,
    per_second: f64,
}

impl Bucket {
    pub(super) fn per_minute(limit: u32) -> Self {
        // One request at a time must be possible.
        let capacity = (f64::from(limit) * BURST).max(1.0);
        let per_second = (f64::from(limit) - capacity).max(f64::from(limit) * 0.5).max(1e-3) / 60.0;
        Self { level: capacity, at: Instant::now(), capacity, per_second }
    }

    /// Takes an amount, and says when it is there.
    pub(super) fn take(&mut self, amount: f64, now: Instant) -> Instant {
        self.fill(now);
        self.level -= amount;
        match self.level < 0.0 {
            true => now + Duration::from_secs_f64((-self.level / self.per_second).min(86_400.0)),
            false => now,
        }
    }

    /// Gives back what was not used, or takes more for what was.
    pub(super) fn correct(&mut self, back: f64) {
        self.level = (self.level + back).min(self.capacity);
    }

    /// The provider says that no more than this is left.
    pub(super) fn at_most(&mut self, left: f64, now: Instant) {
        self.fill(now);
        self.level = self.level.min(left);
    }

    fn fill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.capacity);
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dspy_numbers::random::Keyed;

    #[tokio::test(start_paused = true)]
    async fn in_no_minute_is_more_taken_than_the_limit() {
        for trial in 0..50_u64 {
            let mut random = Keyed::new(trial, &["bucket"]);
            let limit = 10 + u32::try_from(random.below(500)).expect("small");
            let mut bucket = Bucket::per_minute(limit);
            let (start, mut now) = (Instant::now(), Instant::now());
            let mut taken = Vec::new();
            for _ in 0..3 * limit {
                now += Duration::from_millis(random.below(50) as u64);
                let when = bucket.take(1.0, now);
                assert!(taken.last().is_none_or(|last| *last <= when), "first come, first served");
                taken.push(when);
            }
            for (place, first) in taken.iter().enumerate() {
                let within = taken[place..].iter().filter(|when| **when < *first + Duration::from_secs(60));
                assert!(within.count() <= limit as usize, "of {limit} a minute");
            }
            let rate = taken.len() as f64 / (taken[taken.len() - 1] - start).as_secs_f64() * 60.0;
            assert!(rate >= 0.88 * f64::from(limit), "{rate} of {limit} a minute are used");
        }
    }
}
