//! A state of the program, where it is from, and what it scored.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Judged;
use crate::lm::Usage;
use crate::optimize::compiled::CandidateScore;
use crate::predict::ProgramState;

/// A state that is to be scored.
pub(crate) struct Proposal {
    pub(crate) name: String,
    pub(crate) parents: Vec<usize>,
    pub(crate) state: ProgramState,
}

/// A state that was scored.
pub(crate) struct Candidate {
    pub(crate) name: String,
    /// The places of the candidates that it was made from.
    pub(crate) parents: Vec<usize>,
    pub(crate) fingerprint: Arc<str>,
    pub(crate) state: ProgramState,
    pub(crate) scores: Scores,
    /// The LM calls that the search had spent when it was scored.
    pub(super) calls: u64,
}

/// The scores of a candidate on the validation rows, as far as it was run on them.
#[derive(Clone, Debug)]
pub(crate) struct Scores {
    rows: Vec<Option<f64>>,
    /// The cost of its runs, shared calls counted in full.
    usage: Usage,
    /// The time their LM calls took. Nothing may be decided by it.
    latency: Duration,
    failed: usize,
    /// That of the first row which failed.
    first_failure: Option<(usize, ErrorKind, String)>,
}

impl Proposal {
    pub(crate) fn new(name: impl Into<String>, state: ProgramState) -> Self {
        Self { name: name.into(), parents: Vec::new(), state }
    }
}

impl Scores {
    pub(super) fn new(rows: usize) -> Self {
        Self {
            rows: vec![None; rows],
            usage: Usage::default(),
            latency: Duration::ZERO,
            failed: 0,
            first_failure: None,
        }
    }

    /// Adds a run, in any order; one that failed scores 0.
    pub(super) fn add(&mut self, judged: &Judged) {
        let score = match &judged.score {
            Ok(score) => score.value,
            Err(error) => {
                self.failed += 1;
                if self.first_failure.as_ref().is_none_or(|(row, ..)| judged.index < *row) {
                    self.first_failure = Some((judged.index, error.kind(), format!("{error:#}")));
                }
                0.0
            }
        };
        if let Some(row) = self.rows.get_mut(judged.index) {
            *row = Some(score);
        }
        self.usage += judged.usage;
        self.latency += judged.latency;
    }

    /// The score of a row; 0 where it was not run.
    pub(crate) fn of(&self, row: usize) -> f64 {
        self.rows.get(row).copied().flatten().unwrap_or_default()
    }

    pub(super) fn has(&self, row: usize) -> bool {
        self.rows.get(row).is_some_and(Option::is_some)
    }

    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = Option<f64>> {
        self.rows.iter().copied()
    }

    /// The rows that were run, with their scores.
    pub(crate) fn known(&self) -> impl Iterator<Item = (usize, f64)> {
        self.rows.iter().enumerate().filter_map(|(row, score)| Some((row, (*score)?)))
    }

    /// The scores of a candidate that was run on every row.
    pub(super) fn whole(&self) -> impl Iterator<Item = f64> {
        self.rows.iter().map(|score| score.unwrap_or_default())
    }

    fn run(&self) -> usize {
        self.rows.iter().flatten().count()
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.run() == self.rows.len()
    }

    /// The mean of the rows that were run, summed in row order.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn mean(&self) -> f64 {
        self.rows.iter().flatten().sum::<f64>() / self.run().max(1) as f64
    }

    /// The standard error of the mean.
    #[allow(clippy::cast_precision_loss)]
    pub(crate) fn standard_error(&self) -> f64 {
        let (n, mean) = (self.run() as f64, self.mean());
        let squares: f64 = self.rows.iter().flatten().map(|score| (score - mean).powi(2)).sum();
        if n < 2.0 { 0.0 } else { (squares / (n - 1.0) / n).sqrt() }
    }

    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    /// Returns the mean time that the LM calls of one run took.
    pub(super) fn latency(&self) -> Duration {
        self.latency / u32::try_from(self.run().max(1)).unwrap_or(u32::MAX)
    }
}

impl Candidate {
    pub(super) fn new(proposal: Proposal, fingerprint: Arc<str>, scores: Scores, calls: u64) -> Self {
        let Proposal { name, parents, state } = proposal;
        Self { name, parents, fingerprint, state, scores, calls }
    }

    /// Its mean score.
    pub(crate) fn score(&self) -> f64 {
        self.scores.mean()
    }

    /// A program that fails on every row says something about the set-up.
    pub(super) fn check_not_all_failed(&self) -> Result<()> {
        match &self.scores.first_failure {
            Some((_, kind, message)) if self.scores.failed == self.scores.rows.len() => {
                let message =
                    format!("the program failed on every validation row; the first time: {message}");
                Err(Error::new(*kind, message))
            }
            _ => Ok(()),
        }
    }

    /// As the journal keeps it.
    pub(super) fn decision(&self, place: usize) -> Result<Value> {
        Ok(json!({
            "candidate": place,
            "name": self.name,
            "parents": self.parents,
            "score": self.score(),
            "rows": self.scores.run(),
            "of": self.scores.rows.len(),
            "usage": self.scores.usage,
            "state": serde_json::to_value(&self.state)?,
        }))
    }

    /// As a user sees it.
    pub(super) fn summary(&self) -> CandidateScore {
        CandidateScore {
            name: self.name.clone(),
            parents: self.parents.clone(),
            score: self.score(),
            rows: self.scores.rows.clone(),
            usage: self.scores.usage,
            calls: self.calls,
            state: self.state.clone(),
        }
    }
}

/// The place of the best of the candidates that were scored on every row; the earliest of those that tie.
pub(crate) fn best(candidates: &[Candidate]) -> Option<usize> {
    let whole = (0..candidates.len()).filter(|place| candidates[*place].scores.is_whole());
    whole.reduce(|best, next| if candidates[next].score() > candidates[best].score() { next } else { best })
}
