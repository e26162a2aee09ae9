//! Random choices keyed by what they are for, never by time or the order of events.

use std::fmt;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A generator for one purpose: the same key, the same choices, on every machine and at any
/// concurrency.
///
/// The generator is ChaCha8; shuffling and sampling are written out here so that no release of
/// another crate changes what an old seed gives.
pub struct Keyed(ChaCha8Rng);

impl Keyed {
    /// Keyed by the number of a seed and what is being chosen: optimizer, step, purpose, index.
    pub fn new(number: u64, key: &[&str]) -> Self {
        let number = number.to_string();
        let parts: Vec<&str> = std::iter::once(&*number).chain(key.iter().copied()).collect();
        Self(ChaCha8Rng::from_seed(seed(&parts)))
    }

    /// A number below `bound`, each equally likely; 0 where there is no number below.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        if bound < 2 {
            return 0;
        }
        // Numbers from the last, incomplete round are drawn again, so that none is favoured.
        let whole = u64::MAX - u64::MAX % bound;
        loop {
            let drawn = self.0.next_u64();
            if drawn < whole {
                #[allow(clippy::cast_possible_truncation)]
                return (drawn % bound) as usize;
            }
        }
    }

    /// True or false, equally likely.
    pub fn coin(&mut self) -> bool {
        self.0.next_u32() & 1 == 1
    }

    /// 64 throws of a coin at once.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number from 0 up to 1, as fine as 53 bits are.
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The place of one of the weights, each as likely as it is heavy; the last where none weighs anything.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        let hit = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        hit.unwrap_or_else(|| weights.len().saturating_sub(1))
    }

    /// A number from the standard normal distribution, by Box and Muller's method.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Puts items in random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// Takes `count` of the numbers below `bound`, in random order; all of them where there are fewer.
    pub fn sample(&mut self, bound: usize, count: usize) -> Vec<usize> {
        let mut numbers: Vec<usize> = (0..bound).collect();
        self.shuffle(&mut numbers);
        numbers.truncate(count);
        numbers
    }
}

impl fmt::Debug for Keyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed").finish_non_exhaustive()
    }
}

/// The SHA-256 of several parts, no two lists of parts alike.
pub fn seed(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_decides() {
        let draw = |seed, key: &[&str]| Keyed::new(seed, key).sample(1_000, 5);
        assert_eq!(draw(7, &["a", "1"]), draw(7, &["a", "1"]));
        assert_ne!(draw(7, &["a", "1"]), draw(8, &["a", "1"]));
        assert_ne!(draw(7, &["a", "1"]), draw(7, &["a1"]), "parts do not run together");
    }

    #[test]
    fn old_seeds_keep_their_choices() {
        assert_eq!(Keyed::new(0, &["test"]).sample(10, 10), [7, 3, 8, 6, 5, 9, 4, 1, 0, 2]);
    }

    #[test]
    fn every_order_is_about_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..6_000 {
            *counts.entry(Keyed::new(seed, &["order"]).sample(3, 3)).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| (850..1_150).contains(count)), "{counts:?}");
    }
}
