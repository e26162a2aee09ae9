//! The result of a search.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::report::SearchReport;
use crate::artifact::{Artifact, Provenance};
use crate::context::{Price, Purpose};
use crate::error::Result;
use crate::gate::Verdict;
use crate::lm::{Lm, Usage};
use crate::module::Module;
use crate::predict::ProgramState;
use crate::strategy::Ensemble;

/// The best program that a search found, and how it was found.
///
/// # Example
///
/// ```no_run
/// # use dspy::{Compiled, Module, Verdict};
/// # fn release<P: Module>(compiled: Compiled<P>, verdict: Verdict) -> dspy::Result<()> {
/// println!("{compiled}");
/// compiled.save("support.json", &verdict)?;
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
pub struct Compiled<P> {
    /// The program with the best states.
    pub program: P,
    /// Its mean score on the validation rows.
    pub score: f64,
    /// The mean score of the program as it came.
    pub baseline: f64,
    /// All candidates that were scored, in the order in which they were made; the baseline first.
    pub candidates: Vec<CandidateScore>,
    /// The place of the candidate that was picked, whose states the program has.
    pub picked: usize,
    /// The time the LM calls of a run took, as if one after another: the mean over the rows, by candidate. It
    /// is measured, so it differs from search to search and decides nothing; a reply from a journal took no
    /// time, one that several candidates share took as long as it did for the first.
    pub latencies: Vec<Duration>,
    /// The gain over the original program that is expected on other rows: the highest of many scores is
    /// partly luck.
    pub expected: ExpectedGain,
    /// The steps of the search and their reasons, where the optimizer reports them, as [`Auto`](crate::Auto)
    /// does.
    pub steps: Vec<String>,
    /// The reason the search ended.
    pub termination: Termination,
    /// The cost of the search.
    pub usage: Usage,
    /// The cost by purpose.
    pub spent: BTreeMap<Purpose, Usage>,
    pub(super) lm: Lm,
    pub(super) price: Option<Price>,
    pub(super) provenance: Provenance,
}

/// The part of a gain that is expected to stay on rows that a search has not seen, by all that it has: the
/// differences on the same rows of all candidates, each drawn towards those that it was made from.
///
/// # Example
///
/// ```
/// # fn show<P: dspy::Module>(compiled: &dspy::Compiled<P>) {
/// let expected = compiled.expected;
/// println!("{:+.3} of {:+.3} are expected to stay", expected.gain, compiled.score - compiled.baseline);
/// # }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct ExpectedGain {
    /// The difference of the mean scores.
    pub gain: f64,
    /// The standard deviation of what is believed of it.
    pub deviation: f64,
}

/// A candidate and its score.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CandidateScore {
    /// The way it was made: `baseline`, `bootstrap 3`.
    pub name: String,
    /// The places of the candidates that it was made from.
    pub parents: Vec<usize>,
    /// Its mean score on the validation rows that it was run on.
    pub score: f64,
    /// Its score on each of them; nothing for rows that it was not run on because it could not win.
    pub rows: Vec<Option<f64>>,
    /// The cost of these runs, as if no call were shared with another candidate.
    pub usage: Usage,
    /// The number of LM calls that the search had spent when its score was known.
    pub calls: u64,
    /// Its states.
    pub state: ProgramState,
}

/// The reason a search ended.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Termination {
    /// Every candidate was scored.
    Finished,
    /// The next candidate could have cost more than was left of the budget.
    BudgetSpent,
    /// For as long as was allowed, no candidate was better than the best.
    NoImprovement,
    /// A candidate scored all that can be scored.
    Perfect,
}

impl<P: Module> Compiled<P> {
    /// Returns the report of the search, as a page or as JSON.
    pub fn report(&self) -> SearchReport {
        SearchReport::of(self)
    }

    /// The model that the program was tuned for: that of the context, or one that was [trained](crate::optimize::Finetune).
    pub fn lm(&self) -> &Lm {
        &self.lm
    }

    /// Returns the mean cost of a run of each candidate, whoever paid for it, by the
    /// [prices](crate::Context::with_prices) of the context; `None` where that of the model is not known.
    #[allow(clippy::cast_precision_loss)]
    pub fn costs(&self) -> Option<Vec<f64>> {
        let price = self.price?;
        let cost = |candidate: &CandidateScore| {
            let runs = candidate.rows.iter().flatten().count().max(1);
            price.of_calls(&candidate.usage) / runs as f64
        };
        Some(self.candidates.iter().map(cost).collect())
    }

    /// The places of the candidates that no other is better than in everything: mean score, cost of a run (its
    /// tokens where prices are not known) and latency, among those that were run on every row. What latency
    /// decides is as uncertain as that is.
    #[allow(clippy::cast_precision_loss)]
    pub fn frontier(&self) -> Vec<usize> {
        let costs = self.costs();
        let whole = |candidate: &CandidateScore| candidate.rows.iter().all(Option::is_some);
        let candidates = self.candidates.iter().zip(&self.latencies).enumerate();
        let points =
            candidates.filter(|(_, (candidate, _))| whole(candidate)).map(|(place, (candidate, latency))| {
                let tokens = candidate.usage.total_tokens() as f64 / candidate.rows.len().max(1) as f64;
                let cost = costs.as_ref().and_then(|costs| costs.get(place)).copied();
                let cost = cost.filter(|cost| *cost > 0.0).unwrap_or(tokens);
                (place, Point { score: candidate.score, cost, latency: latency.as_secs_f64() })
            });
        frontier(&points.collect::<Vec<_>>())
    }

    /// The artifact of the program before a gate has judged it, for [`Store::add`](crate::release::Store::add).
    ///
    /// # Errors
    ///
    /// When a key of the model would be in the artifact.
    pub fn candidate(&self) -> Result<Artifact> {
        let artifact = Artifact::new(&self.program, self.lm.id()).with_provenance(self.provenance.clone());
        artifact.keeps_secrets_of(self.lm.model())?;
        Ok(artifact)
    }

    /// The artifact of the program, with the verdict of the gate.
    ///
    /// # Errors
    ///
    /// When the verdict has no JSON form, or a key of the model would be in the artifact.
    pub fn artifact(&self, verdict: &Verdict) -> Result<Artifact> {
        let mut provenance = self.provenance.clone();
        verdict.record(&mut provenance)?;
        let artifact = Artifact::new(&self.program, self.lm.id()).with_provenance(provenance);
        artifact.keeps_secrets_of(self.lm.model())?;
        Ok(artifact)
    }

    /// Writes the artifact to a file before a gate has judged it, for a first try; the file says that it is unreleased.
    ///
    /// # Errors
    ///
    /// As [`Compiled::candidate`], and when the file cannot be written.
    pub fn save_unreleased(&self, path: impl AsRef<Path>) -> Result<()> {
        let provenance = self.provenance.clone().unreleased();
        let artifact = Artifact::new(&self.program, self.lm.id()).with_provenance(provenance);
        artifact.keeps_secrets_of(self.lm.model())?;
        artifact.save(path)
    }

    /// Writes the artifact to a file, whole or not at all, whatever the verdict; the file says which.
    ///
    /// # Errors
    ///
    /// As [`Compiled::artifact`], and when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>, verdict: &Verdict) -> Result<()> {
        self.artifact(verdict)?.save(path)
    }
}

impl<P> fmt::Display for Compiled<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { baseline, score, usage, .. } = self;
        writeln!(f, "validation: {baseline:.3} -> {score:.3} with {usage}")?;
        if self.picked > 0 {
            let ExpectedGain { gain, deviation } = self.expected;
            writeln!(f, "  expected on other rows: {gain:+.3} ± {:.3} (95 %)", 1.96 * deviation)?;
        }
        for step in &self.steps {
            writeln!(f, "  - {step}")?;
        }
        let mut ranked: Vec<&CandidateScore> = self.candidates.iter().collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        let demos = |candidate: &CandidateScore| -> BTreeMap<_, _> {
            candidate.state.iter().map(|(path, state)| (path.to_owned(), state.demos.len())).collect()
        };
        for candidate in ranked.iter().take(5) {
            let demos: Vec<_> =
                demos(candidate).into_iter().map(|(path, count)| format!("{path} {count}")).collect();
            writeln!(
                f,
                "  {:.3}  {} (demonstrations: {})",
                candidate.score,
                candidate.name,
                demos.join(", ")
            )?;
        }
        match self.termination {
            Termination::Finished | Termination::Perfect => Ok(()),
            Termination::NoImprovement => writeln!(f, "  stopped: no better candidate for a while"),
            Termination::BudgetSpent => {
                writeln!(f, "  stopped: the budget has no room for another candidate")
            }
        }
    }
}

impl<P> fmt::Debug for Compiled<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("score", &self.score)
            .field("baseline", &self.baseline)
            .field("candidates", &self.candidates.len())
            .field("termination", &self.termination)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Termination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Finished => "finished",
            Self::BudgetSpent => "budget spent",
            Self::NoImprovement => "no improvement",
            Self::Perfect => "perfect score",
        })
    }
}

/// The values by which a candidate is weighed.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    /// More is better.
    score: f64,
    /// In money or in tokens; less is better.
    cost: f64,
    /// Less is better, in seconds.
    latency: f64,
}

impl Point {
    /// Returns whether it is at least as good in everything, and better in something.
    fn dominates(self, other: Self) -> bool {
        let as_good = self.score >= other.score && self.cost <= other.cost && self.latency <= other.latency;
        as_good && self != other
    }
}

/// The places of the points that no other point dominates, in order.
fn frontier(points: &[(usize, Point)]) -> Vec<usize> {
    let open = |point: &Point| !points.iter().any(|(_, other)| other.dominates(*point));
    points.iter().filter(|(_, point)| open(point)).map(|(place, _)| *place).collect()
}

impl<P: Module> Compiled<P> {
    /// The best candidates as one program that votes, without further cost: as many as are wanted, or as
    /// there are different ones that were scored on every row; the best first.
    ///
    /// # Errors
    ///
    /// When a candidate's state is not of the program.
    pub fn ensemble(&self, programs: usize) -> Result<Ensemble<P>> {
        let whole = |rows: &[Option<f64>]| rows.iter().all(Option::is_some);
        let mut ranked: Vec<_> = self.candidates.iter().filter(|candidate| whole(&candidate.rows)).collect();
        ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut different: Vec<&ProgramState> = Vec::new();
        for candidate in ranked {
            if !different.contains(&&candidate.state) {
                different.push(&candidate.state);
            }
        }
        let chosen = different.into_iter().take(programs);
        Ok(Ensemble::new(chosen.map(|state| self.program.with_state(state)).collect::<Result<_>>()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_better_in_nothing_is_left_out() {
        let point = |score, cost, latency| Point { score, cost, latency };
        let points = [
            (0, point(0.5, 100.0, 1.0)),
            (1, point(0.7, 200.0, 1.0)),
            (2, point(0.7, 250.0, 1.0)),
            (3, point(0.7, 250.0, 0.5)),
            (4, point(0.5, 100.0, 1.0)),
            (5, point(0.4, 150.0, 2.0)),
        ];
        assert_eq!(frontier(&points), [0, 1, 3, 4], "equal points stand side by side");
        assert!(frontier(&[]).is_empty());
    }
}
