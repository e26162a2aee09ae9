//! The estimate of candidates beside each other, by all results of the search.

use super::Candidate;
use crate::optimize::effects::{Effects, Seen};

/// An estimate of every candidate: what it shares with those that it was made from counts for both.
pub(crate) struct Estimate {
    effects: Effects,
    parts: Vec<Vec<usize>>,
}

impl Estimate {
    pub(crate) fn new(candidates: &[Candidate]) -> Self {
        let mut parts: Vec<Vec<usize>> = Vec::with_capacity(candidates.len());
        let mut seen = Vec::new();
        for (place, candidate) in candidates.iter().enumerate() {
            // The same states again are the same candidate.
            let same =
                candidates[..place].iter().position(|other| other.fingerprint == candidate.fingerprint);
            if let Some(same) = same {
                parts.push(parts[same].clone());
                continue;
            }
            let inherited = candidate.parents.iter().filter_map(|parent| parts.get(*parent)).flatten();
            let mut own: Vec<usize> = inherited.copied().collect();
            // The first is what all others are measured by.
            own.extend(place.checked_sub(1));
            own.sort_unstable();
            own.dedup();
            seen.push(Seen { parts: own.clone(), scores: candidate.scores.known().collect() });
            parts.push(own);
        }
        Self { effects: Effects::fitted(candidates.len().saturating_sub(1), &seen), parts }
    }

    /// The score that a candidate is expected to have on rows like these.
    pub(crate) fn score(&self, place: usize) -> f64 {
        self.parts.get(place).map_or(0.0, |parts| self.effects.expected(parts))
    }

    /// By how much a candidate is expected to be better than the program as it came, and the deviation of that.
    pub(crate) fn gain(&self, place: usize) -> (f64, f64) {
        match (self.parts.get(place), self.parts.first()) {
            (Some(own), Some(first)) if place > 0 => self.effects.lead(own, first),
            _ => (0.0, 0.0),
        }
    }
}
