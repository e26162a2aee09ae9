//! The probe of whether a search can show anything, before it is paid for.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::driver::{Ledger, Run, Service, ServiceSettings, Split};
use super::plan;
use crate::context::{Budget, Context, Purpose, Replies};
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::evaluate::{AnyMetric, Metric};
use crate::module::Module;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// Runs a program several times on a few rows: how much its score varies by itself (noise), and how much
/// better the best of the runs are (headroom). Where the headroom is smaller than the difference that the
/// validation rows can show, a search is a coin flip.
///
/// Costs `rows * attempts` runs of the program, 20 * 4 by default.
///
/// # Example
///
/// ```
/// use dspy::optimize::Probe;
/// use dspy::{Context, Lm, Predict, Rows, signature};
///
/// /// Say which fruit it is.
/// #[signature]
/// struct Fruit {
///     #[input]
///     looks: String,
///     /// What it is.
///     #[output]
///     fruit: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let rows = Rows::<Fruit>::from_csv("looks,fruit\nlong and yellow,banana\nround and red,apple\n", "rows.csv")?;
/// let probe = Probe::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let found = probe.run(&cx, &Predict::<Fruit>::new(), &rows).await?;
/// println!("{found}");
/// assert!(found.is_hopeless(), "the built-in model says the same every time");
/// # Ok(())
/// # }
/// ```
pub struct Probe<R, O> {
    metric: AnyMetric<R, O>,
    rows: usize,
    attempts: u64,
    seed: u64,
    concurrency: Option<usize>,
}

/// The findings of a [`Probe`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Headroom {
    /// The rows that were probed.
    pub rows: usize,
    /// The number of runs of each.
    pub attempts: u64,
    /// The mean score of all runs.
    pub score: f64,
    /// The standard deviation of a row's score from run to run.
    pub noise: f64,
    /// The mean over the rows of their best run.
    pub best_of: f64,
    /// The smallest difference between two programs that so many validation rows show in 19 of 20 cases.
    pub detectable: f64,
}

impl Headroom {
    /// Returns the gain of the best runs over the mean.
    #[must_use]
    pub fn headroom(&self) -> f64 {
        self.best_of - self.score
    }

    /// Returns whether a search can hardly show anything on these rows: there is less to gain than they can
    /// tell.
    ///
    /// A model that never varies has no headroom to show either; there the instructions may still matter.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.headroom() < self.detectable
    }
}

impl fmt::Display for Headroom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, attempts, score, noise, best_of, detectable } = self;
        writeln!(
            f,
            "{score:.3} over {rows} rows, each run {attempts} times: best of them {best_of:.3}, noise {noise:.3} a row"
        )?;
        match self.is_hopeless() {
            true => write!(
                f,
                "warning: the headroom of {:.3} is below the {detectable:.3} that the rows can show; use more rows, \
                 another model, or a metric that tells more",
                self.headroom()
            ),
            false => write!(
                f,
                "the headroom of {:.3} is above the {detectable:.3} that the rows can show",
                self.headroom()
            ),
        }
    }
}

impl<R: Row, O: Send + Sync + 'static> Probe<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self { metric: AnyMetric::new(metric), rows: 20, attempts: 4, seed: 0, concurrency: None }
    }

    /// Sets the number of rows that are probed, drawn at random; 20 by default.
    #[must_use]
    pub fn rows(mut self, rows: usize) -> Self {
        self.rows = rows;
        self
    }

    /// Sets the number of runs of each; 4 by default, at least 2. After the first time the temperature is 1.
    #[must_use]
    pub fn attempts(mut self, attempts: u64) -> Self {
        self.attempts = attempts.max(2);
        self
    }

    /// The seed by which rows are drawn; 0 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the number of runs under way at once; by default 16, or as many as the model
    /// [wants](crate::lm::LanguageModel::calls_at_once).
    #[must_use]
    pub fn concurrency(mut self, runs: usize) -> Self {
        self.concurrency = Some(runs);
        self
    }

    /// Runs the probe on the rows that a search would choose by.
    ///
    /// # Errors
    ///
    /// When there are no rows, or the program makes more calls than its predictors say.
    #[allow(clippy::cast_precision_loss)]
    pub async fn run<P>(&self, cx: &Context, program: &P, validation: &Rows<R>) -> Result<Headroom>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        if validation.is_empty() {
            return Err(Error::data("there are no rows to probe on"));
        }
        crate::module::name(program);
        let cx = cx.scoped(|scope| scope.detached().sharing(Arc::new(Replies::default())));
        let settings = ServiceSettings {
            calls_per_run: plan::calls_per_run(&cx, program),
            concurrency: cx.at_once(self.concurrency),
            range: (f64::NEG_INFINITY, f64::INFINITY),
        };
        let ledger = Ledger::new(&cx, Budget::unlimited());
        let service = Service::new(cx, ledger, (validation, validation), self.metric.clone(), &settings);
        let rows = Keyed::new(self.seed, &["probe", "rows"]).sample(validation.len(), self.rows);
        let run = |row: usize, rollout| Run {
            rollout,
            purpose: Purpose::Task,
            ..Run::new("probe".into(), program.clone(), Split::Validation, row)
        };
        let runs = rows.iter().flat_map(|row| (0..self.attempts).map(move |rollout| run(*row, rollout)));
        let judged = Arc::new(service).all(runs.collect(), |_| {}).await?;
        let scores: Vec<f64> = judged.iter().map(|judged| judged.value()).collect();
        let of_rows: Vec<&[f64]> = scores.chunks(self.attempts as usize).collect();
        Ok(self.found(&of_rows, validation.len()))
    }

    #[allow(clippy::cast_precision_loss)]
    fn found(&self, rows: &[&[f64]], validation: usize) -> Headroom {
        let count = rows.len().max(1) as f64;
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        let spread = |scores: &[f64]| {
            let mean = mean(scores);
            scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>()
                / (scores.len() as f64 - 1.0).max(1.0)
        };
        let best = |scores: &[f64]| scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let means: Vec<f64> = rows.iter().map(|scores| mean(scores)).collect();
        let noise = (rows.iter().map(|scores| spread(scores)).sum::<f64>() / count).sqrt();
        // Of two programs on the same rows: at the worst both vary by themselves on each of them, and never
        // less than one row in all can make.
        let detectable =
            (1.96 * (2.0 * noise * noise / validation as f64).sqrt()).max(1.0 / validation as f64);
        Headroom {
            rows: rows.len(),
            attempts: self.attempts,
            score: mean(&means),
            noise,
            best_of: rows.iter().map(|scores| best(scores)).sum::<f64>() / count,
            detectable,
        }
    }
}

impl<R, O> fmt::Debug for Probe<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe").field("metric", &self.metric.to_string()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_and_headroom_are_told_apart() {
        let probe = Probe::new(|_: &Nothing, (): &()| true);
        let found = probe.found(&[&[1.0, 0.0], &[0.0, 0.0], &[1.0, 1.0], &[0.0, 1.0]], 100);
        assert_eq!((found.score, found.best_of, found.noise), (0.5, 0.75, 0.5));
        assert!(!found.is_hopeless());
        assert!(probe.found(&[&[0.0, 0.0], &[1.0, 1.0]], 100).is_hopeless(), "nothing varies");
        assert!(probe.found(&[&[1.0, 0.0], &[1.0, 1.0], &[1.0, 1.0], &[1.0, 1.0]], 4).is_hopeless());
    }

    /// Nothing.
    #[dspy_macros::signature]
    struct Nothing {
        #[input]
        given: String,
        #[output(desc = "")]
        made: String,
    }
}
