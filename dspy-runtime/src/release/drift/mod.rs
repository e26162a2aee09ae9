//! The watch over a released program for the quality that the gate has seen.

mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dspy_numbers::statistics::drift::Evidence;
use serde::Deserialize;

pub use state::{DriftState, WatchedMean};

use crate::artifact::Artifact;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Score;
use crate::gate::Verdict;

/// Watches labelled traffic, and says when to compile again: when the score, of all rows or of a slice, is surely
/// below what the gate measured. It makes no LM calls.
///
/// # What it promises
///
/// If the program still scores as it did on the gate's rows, at most 5 % of watches
/// ([`false_alarms`](Drift::false_alarms)) ever say [`Recompile`](DriftState::Recompile), however long they go on
/// and however often one looks, all slices taken together. That holds for any scores from 0 to 1, for rows that
/// are like one another and do not depend on those before.
///
/// # How
///
/// Four fifths of the share are for the chance that the gate's rows flattered the program: the watch asks whether
/// the score is below a floor, the lower end of Wilson's interval for the gate's mean, one-sided. One fifth is for
/// the traffic: a bet against the floor that wins only if the mean is below it, so that its gain passes `1 / share`
/// with at most that chance, at any time (Ville's inequality; Waudby-Smith and Ramdas, *Estimating means of bounded
/// random variables by betting*, 2023). The gain is that of a mixture of bets on twelve sizes of drops, and of bets
/// that start again every 64 rows, since a drop may come late (Shin, Ramdas and Rinaldo, *E-detectors*,
/// 2022); the weights of the latter, 1/(k(k+1)), keep the promise for the whole life of the watch. Half of
/// the share is for all rows, half is for the slices, divided equally.
///
/// # How fast
///
/// The median of rows from the drop to the call, over 200 simulated traffics, for a gate without slices that measured
/// 0.85, right or wrong, and a program that falls by 0.1 or by 0.2. It depends on the gate's rows, which bound what
/// can be known about the score before:
///
/// | rows of the gate | 0.1 from the first row | 0.1 after 2,000 rows | 0.2 from the first row | 0.2 after 2,000 rows |
/// |---|---|---|---|---|
/// | 200 | 688 | 1,612 | 95 | 225 |
/// | 500 | 378 | 824 | 76 | 173 |
/// | 2,000 | 221 | 533 | 59 | 147 |
///
/// # Cost
///
/// A hundred numbers for each slice, and well under a microsecond for a row.
///
/// # Example
///
/// ```
/// use dspy::release::{Drift, DriftState};
///
/// // As `Drift::new(&verdict)` takes it from a verdict, `Drift::of(&artifact)` from an artifact.
/// let drift = Drift::from_gate(0.9, 400)?;
/// for row in 0..300 {
///     drift.observe(row % 10 != 0)?;
/// }
/// assert_eq!(drift.state(), DriftState::Steady);
/// for row in 0..300 {
///     drift.observe(row % 2 == 0)?;
/// }
/// assert!(matches!(drift.state(), DriftState::Recompile { .. }));
/// println!("{}", drift.state());
/// # Ok::<(), dspy::Error>(())
/// ```
pub struct Drift {
    gate: Measured,
    slices: Vec<(String, Measured)>,
    false_alarms: f64,
    watches: Mutex<Watches>,
}

/// The gate's measurement.
#[derive(Clone, Copy, Debug)]
struct Measured {
    mean: f64,
    rows: usize,
}

#[derive(Debug)]
struct Watches {
    all: Evidence,
    slices: BTreeMap<String, Evidence>,
}

/// The part of a verdict that a watch needs, as an artifact has it.
#[derive(Deserialize)]
struct Recorded {
    candidate: f64,
    rows: usize,
    #[serde(default)]
    slices: Vec<RecordedSlice>,
}

#[derive(Deserialize)]
struct RecordedSlice {
    name: String,
    candidate: f64,
    rows: usize,
}

impl Drift {
    /// Watches a program that a gate has judged, and each slice of its verdict.
    ///
    /// # Errors
    ///
    /// When the verdict is of no rows, or its scores are not from 0 to 1.
    pub fn new(verdict: &Verdict) -> Result<Self> {
        let slices = verdict.slices.iter().map(|slice| (slice.name.clone(), slice.candidate, slice.rows));
        Self::measured(verdict.candidate, verdict.rows, slices.collect())
    }

    /// Reads the measurement from the verdict that an artifact records.
    ///
    /// # Errors
    ///
    /// When it records none, and as [`Drift::new`].
    pub fn of(artifact: &Artifact) -> Result<Self> {
        let verdict = Recorded::deserialize(&artifact.provenance().verdict).map_err(|_| {
            let message = format!(
                "the artifact of `{}` records no verdict, so that nobody knows what its scores should be; give it one \
                 with a gate",
                artifact.program()
            );
            Error::new(ErrorKind::Artifact, message)
        })?;
        let slices = verdict.slices.into_iter().map(|slice| (slice.name, slice.candidate, slice.rows));
        Self::measured(verdict.candidate, verdict.rows, slices.collect())
    }

    /// Watches a program of which only the mean score on so many rows is known.
    ///
    /// # Errors
    ///
    /// As [`Drift::new`].
    pub fn from_gate(mean: f64, rows: usize) -> Result<Self> {
        Self::measured(mean, rows, Vec::new())
    }

    fn measured(mean: f64, rows: usize, slices: Vec<(String, f64, usize)>) -> Result<Self> {
        let gate = Measured::new("the gate", mean, rows)?;
        let slices = slices.into_iter().map(|(name, mean, rows)| {
            let measured = Measured::new(&format!("slice `{name}` of the gate"), mean, rows)?;
            Ok((name, measured))
        });
        let slices = slices.collect::<Result<Vec<_>>>()?;
        let watches = Mutex::new(Watches::new(gate, &slices, 0.05));
        Ok(Self { gate, slices, false_alarms: 0.05, watches })
    }

    /// The share of watches that may call for a recompile without a drop; 0.05 by default. Restarts the
    /// watch.
    ///
    /// # Errors
    ///
    /// When it is not between 0 and 1.
    pub fn false_alarms(mut self, share: f64) -> Result<Self> {
        if !(share > 0.0 && share < 1.0) {
            let message = format!("a share of false alarms is more than 0 and less than 1, not {share}");
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        self.false_alarms = share;
        self.watches = Mutex::new(Watches::new(self.gate, &self.slices, share));
        Ok(self)
    }

    /// Takes in the score of one row of traffic, as the gate's metric gives it.
    ///
    /// # Errors
    ///
    /// When the score is not from 0 to 1; nothing is taken in then.
    pub fn observe(&self, score: impl Into<Score>) -> Result<()> {
        let score = checked(score.into().value)?;
        self.watches().all.observe(score);
        Ok(())
    }

    /// Takes in the score of one row of a slice. Rows of a slice that the gate did not have count among all rows
    /// alone: there is nothing to compare them with.
    ///
    /// # Errors
    ///
    /// As [`Drift::observe`].
    pub fn observe_in(&self, slice: &str, score: impl Into<Score>) -> Result<()> {
        let score = checked(score.into().value)?;
        let mut watches = self.watches();
        watches.all.observe(score);
        if let Some(watch) = watches.slices.get_mut(slice) {
            watch.observe(score);
        }
        Ok(())
    }

    /// Returns the present state. Once it is to compile again, it stays so; a new release gets a new watch.
    pub fn state(&self) -> DriftState {
        state::of(&self.watched())
    }

    /// The numbers: all rows first, then each slice by name.
    pub fn watched(&self) -> Vec<WatchedMean> {
        let watches = self.watches();
        let mut watched = vec![state::watched(&watches.all, None, self.gate)];
        for (name, measured) in &self.slices {
            watched.extend(
                watches.slices.get(name).map(|watch| state::watched(watch, Some(name.clone()), *measured)),
            );
        }
        watched
    }

    fn watches(&self) -> MutexGuard<'_, Watches> {
        self.watches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Measured {
    fn new(what: &str, mean: f64, rows: usize) -> Result<Self> {
        if rows == 0 {
            let message = format!("{what} measured no rows, so that there is nothing to fall from");
            return Err(Error::new(ErrorKind::Data, message));
        }
        checked(mean).map_err(|error| error.context(what))?;
        Ok(Self { mean, rows })
    }
}

impl Watches {
    fn new(gate: Measured, slices: &[(String, Measured)], share: f64) -> Self {
        let parts = slices.len();
        let for_all = if parts == 0 { share } else { share / 2.0 };
        let watch = |(name, measured): &(String, Measured)| {
            #[allow(clippy::cast_precision_loss)]
            let share = share / 2.0 / parts as f64;
            (name.clone(), Evidence::new(measured.mean, measured.rows, share))
        };
        Self { all: Evidence::new(gate.mean, gate.rows, for_all), slices: slices.iter().map(watch).collect() }
    }
}

fn checked(score: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&score) {
        return Ok(score);
    }
    let message = format!("a score of {score} is not from 0 to 1; drift is watched for such scores alone");
    Err(Error::new(ErrorKind::Metric, message))
}

impl fmt::Debug for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drift")
            .field("false_alarms", &self.false_alarms)
            .field("watched", &self.watched())
            .finish_non_exhaustive()
    }
}
