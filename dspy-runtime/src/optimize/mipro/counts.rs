//! The numbers of trials.

use serde::Serialize;

/// The numbers of trials of [`Mipro`](crate::Mipro).
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
    /// Instructions for each predictor, its own among them; as many as the trials leave room for if none are given.
    instructions: Option<usize>,
    /// Trials; by a formula if none are given.
    trials: Option<usize>,
    /// Validation rows, at most.
    pub(super) max_rows: usize,
}

impl MiproCounts {
    pub(super) const LIGHT: Self = Self::of(6, 40);
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

    /// Returns the number of combinations of a round that have new instructions, one for each of some
    /// predictors, and of others that are tried beside them, which show the worth of demonstrations.
    pub(super) fn round(&self, predictors: usize, with_demos: bool) -> (usize, usize) {
        let fresh = predictors.clamp(1, 3);
        (fresh, if with_demos { fresh } else { 0 })
    }

    /// Returns the number of instructions proposed for so many predictors together: where no number is given,
    /// one for each trial that has new ones.
    pub(super) fn proposals(&self, predictors: usize, with_demos: bool) -> usize {
        let trials = self.trials(predictors, with_demos);
        let (fresh, others) = self.round(predictors, with_demos);
        let derived = trials / (fresh + others) * fresh + (trials % (fresh + others)).min(fresh);
        self.instructions.map_or(derived, |each| predictors * each.saturating_sub(1))
    }

    /// The trials over so many predictors: seven tenths of those of `MIPROv2`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss)]
    pub(super) fn trials(&self, predictors: usize, with_demos: bool) -> usize {
        let parameters = (predictors * if with_demos { 2 } else { 1 }) as f64;
        let sets = self.demo_sets as f64;
        let derived = (0.7 * (2.0 * parameters * sets.log2()).max(1.5 * sets)) as usize;
        self.trials.unwrap_or(derived)
    }
}

#[cfg(test)]
mod tests {
    use super::MiproCounts;

    #[test]
    fn trials_are_seven_tenths_of_those_of_mipro_v2() {
        let trials = |counts: MiproCounts, with_demos| -> Vec<usize> {
            (1..=4).map(|predictors| counts.trials(predictors, with_demos)).collect()
        };
        assert_eq!(trials(MiproCounts::LIGHT, true), [7, 14, 21, 28]);
        assert_eq!(trials(MiproCounts::LIGHT, false), [6, 7, 10, 14]);
        assert_eq!(trials(MiproCounts::MEDIUM, true), [12, 20, 30, 40]);
        assert_eq!(trials(MiproCounts::HEAVY, true), [18, 23, 35, 46]);
    }

    #[test]
    fn every_round_has_new_instructions() {
        assert_eq!(MiproCounts::LIGHT.proposals(1, true), 4, "of 7 trials");
        assert_eq!(MiproCounts::LIGHT.proposals(2, true), 8, "of 14 trials");
        assert_eq!(MiproCounts::LIGHT.proposals(1, false), 6, "each of 6 trials");
        assert_eq!(MiproCounts::new(4, 3, 12).proposals(2, true), 4, "two besides its own for each");
    }
}
