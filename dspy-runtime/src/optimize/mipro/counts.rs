//! How much is tried.

use serde::Serialize;

/// How much [`Mipro`](crate::Mipro) tries.
///
/// # Example
///
/// ```
/// use dspy::optimize::MiproCounts;
///
/// // Four sets of demonstrations and three instructions for each predictor, in 12 trials.
/// let counts = MiproCounts::new(4, 3, 12);
/// # let _ = counts;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MiproCounts {
    /// Sets of demonstrations, the empty one among them.
    pub(super) demo_sets: usize,
    /// Instructions for each predictor, its own among them; half the sets if none are given.
    instructions: Option<usize>,
    /// Trials; by a formula if none are given.
    trials: Option<usize>,
    /// Validation rows, at most.
    pub(super) max_rows: usize,
}

impl MiproCounts {
    pub(super) const LIGHT: Self = Self::of(6, 100);
    pub(super) const MEDIUM: Self = Self::of(12, 300);
    pub(super) const HEAVY: Self = Self::of(18, 1000);

    const fn of(demo_sets: usize, max_rows: usize) -> Self {
        Self { demo_sets, instructions: None, trials: None, max_rows }
    }

    /// So many sets of demonstrations (the empty one counts), instructions for each predictor (its own
    /// counts) and trials, on all validation rows.
    #[must_use]
    pub const fn new(demo_sets: usize, instructions: usize, trials: usize) -> Self {
        Self { demo_sets, instructions: Some(instructions), trials: Some(trials), max_rows: usize::MAX }
    }

    /// The instructions of each predictor, with its own.
    pub(super) fn instructions(&self, with_demos: bool) -> usize {
        let derived = if with_demos { self.demo_sets / 2 } else { self.demo_sets };
        self.instructions.unwrap_or(derived).max(1)
    }

    /// The trials over so many predictors.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
    pub(super) fn trials(&self, predictors: usize, with_demos: bool) -> usize {
        let parameters = (predictors * if with_demos { 2 } else { 1 }) as f64;
        let sets = self.demo_sets as f64;
        let derived = (2.0 * parameters * sets.log2()).max(1.5 * sets) as usize;
        self.trials.unwrap_or(derived)
    }
}

#[cfg(test)]
mod tests {
    use super::MiproCounts;

    #[test]
    fn trials_are_those_of_mipro_v2() {
        let trials = |counts: MiproCounts, with_demos| -> Vec<usize> {
            (1..=4).map(|predictors| counts.trials(predictors, with_demos)).collect()
        };
        assert_eq!(trials(MiproCounts::LIGHT, true), [10, 20, 31, 41]);
        assert_eq!(trials(MiproCounts::LIGHT, false), [9, 10, 15, 20]);
        assert_eq!(trials(MiproCounts::MEDIUM, true), [18, 28, 43, 57]);
        assert_eq!(trials(MiproCounts::MEDIUM, false), [18, 18, 21, 28]);
        assert_eq!(trials(MiproCounts::HEAVY, true), [27, 33, 50, 66]);
        assert_eq!(trials(MiproCounts::HEAVY, false), [27, 27, 27, 33]);
    }
}
