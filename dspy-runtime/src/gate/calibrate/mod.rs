//! The rate at which a gate promotes where there is nothing to promote.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Gate;
use super::rules::{Pairs, Rules, weigh};
use super::verdict::{Decision, pairs};
use crate::error::{Error, Result};
use crate::evaluate::Report;
use dspy_numbers::random::Keyed;

/// The simulated decisions of a gate on releases without any real difference, from [`Gate::calibrate`], which
/// has an example.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calibration {
    /// The number of releases simulated.
    pub releases: usize,
    /// The number of them that the gate would have promoted, each by mistake.
    pub promoted: usize,
    /// The number that it would have kept out.
    pub kept: usize,
    /// The number that it would have left undecided.
    pub undecided: usize,
}

impl Calibration {
    /// The share of releases that would have been promoted by mistake.
    #[allow(clippy::cast_precision_loss)]
    pub fn rate(&self) -> f64 {
        self.promoted as f64 / self.releases.max(1) as f64
    }
}

impl fmt::Display for Calibration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} releases without a difference would be promoted ({:.1} %), {} kept out, {} undecided",
            self.promoted,
            self.releases,
            self.rate() * 100.0,
            self.kept,
            self.undecided
        )
    }
}

impl<R, O> Gate<R, O> {
    /// Simulates releases without any real difference, and reports how often this gate would promote one.
    ///
    /// Of each row it is drawn which of the two runs is taken for the candidate's, so what differs between them
    /// differs by chance alone. Two runs of one program, or the two of a comparison, will do. It makes no LM call;
    /// 2,000 releases of some hundred rows take a second or two.
    ///
    /// # Errors
    ///
    /// When the runs are not over the same rows, or there are no releases to simulate.
    ///
    /// # Example
    ///
    /// ```
    /// # use dspy::lm::Scripted;
    /// # use dspy::{Context, Evaluate, Gate, Predict, Rows, signature};
    /// # /// Name the capital of a country.
    /// # #[signature]
    /// # struct Capital {
    /// #     #[input]
    /// #     country: String,
    /// #     /// Its name alone.
    /// #     #[output]
    /// #     capital: String,
    /// # }
    /// # fn exact(row: &Capital, out: &CapitalOutput) -> bool { row.capital == out.capital }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// # let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
    /// # let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis".into()));
    /// # let program = Predict::<Capital>::new();
    /// let evaluate = Evaluate::new(exact);
    /// let one = evaluate.run(&cx, &program, &rows).await?;
    /// let other = evaluate.run(&cx.with_rollout(1), &program, &rows).await?;
    /// let calibration = Gate::new(exact).calibrate(&one, &other, 7, 2_000)?;
    /// assert!(calibration.rate() <= 0.05);
    /// # Ok(())
    /// # }
    /// ```
    pub fn calibrate(&self, one: &Report, other: &Report, seed: u64, releases: usize) -> Result<Calibration> {
        if releases == 0 {
            return Err(Error::data("a calibration needs at least one release to simulate"));
        }
        Ok(simulate(&self.rules, &pairs(one, other)?, seed, releases))
    }
}

/// Swaps the two scores of a row or leaves them, at random.
fn simulate(rules: &Rules, pairs: &Pairs, seed: u64, releases: usize) -> Calibration {
    let mut found = Calibration { releases, promoted: 0, kept: 0, undecided: 0 };
    let mut swapped = pairs.clone();
    for release in 0..releases {
        let mut random = Keyed::new(seed, &["gate", "calibrate", &release.to_string()]);
        for row in 0..pairs.before.len() {
            let (one, other) = (pairs.before[row], pairs.after[row]);
            (swapped.before[row], swapped.after[row]) =
                if random.coin() { (one, other) } else { (other, one) };
        }
        match weigh(rules, &swapped, Default::default()).decision {
            Decision::Promote => found.promoted += 1,
            Decision::Keep => found.kept += 1,
            Decision::Undecided => found.undecided += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests;
