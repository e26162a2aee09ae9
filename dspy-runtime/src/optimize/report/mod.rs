//! The report of a search, to look at.

mod candidates;
mod chart;
mod lineage;
mod page;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::compiled::{CandidateScore, Compiled, ExpectedGain, Termination};
use crate::context::Purpose;
use crate::error::Result;
use crate::lm::Usage;
use crate::module::Module;

/// The report of a search: every candidate with its parents, what it scored on each row, what changed in it
/// and what was spent, as one page or as JSON. From [`Compiled::report`].
///
/// The page is one file that needs no network and no script; everything that a model or a user wrote is
/// escaped. Instructions and demonstrations are in it as they are, so it is as confidential as the data.
///
/// # Example
///
/// ```
/// use dspy::optimize::LabeledFewShot;
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
/// let train = Rows::<Fruit>::from_csv("looks,fruit\nlong and yellow,banana\nround and red,apple\n", "train.csv")?;
/// let validation = Rows::from_csv("looks,fruit\na red round thing,apple\n", "validation.csv")?;
/// let optimizer = LabeledFewShot::new(|row: &Fruit, out: &FruitOutput| row.fruit == out.fruit);
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let compiled = optimizer.compile(&cx, Predict::<Fruit>::new(), (&train, &validation)).await?;
/// let report = compiled.report();
/// assert!(report.to_html().starts_with("<!doctype html>"));
/// assert_eq!(report.to_json()["candidates"][0]["name"], "baseline");
/// # let file = std::env::temp_dir().join(format!("dspy-doc-report-{}.html", std::process::id()));
/// # let path = file.clone();
/// report.save_html(path)?;
/// # std::fs::remove_file(file).expect("it was written");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize)]
pub struct SearchReport {
    optimizer: String,
    metric: String,
    model: String,
    seed: u64,
    settings: Value,
    baseline: f64,
    score: f64,
    picked: usize,
    frontier: Vec<usize>,
    expected: ExpectedGain,
    steps: Vec<String>,
    termination: Termination,
    usage: Usage,
    spent: BTreeMap<Purpose, Usage>,
    candidates: Vec<CandidateScore>,
    /// The mean seconds that the LM calls of a run took, by candidate.
    latencies: Vec<f64>,
    /// The mean cost of a run, by candidate, where it is known.
    costs: Option<Vec<f64>>,
}

impl SearchReport {
    pub(super) fn of<P: Module>(compiled: &Compiled<P>) -> Self {
        let about = &compiled.provenance;
        Self {
            optimizer: about.optimizer.clone(),
            metric: about.metric.clone(),
            model: compiled.lm.id().to_string(),
            seed: about.seed,
            settings: about.settings.clone(),
            baseline: compiled.baseline,
            score: compiled.score,
            picked: compiled.picked,
            frontier: compiled.frontier(),
            expected: compiled.expected,
            steps: compiled.steps.clone(),
            termination: compiled.termination,
            usage: compiled.usage,
            spent: compiled.spent.clone(),
            candidates: compiled.candidates.clone(),
            latencies: compiled.latencies.iter().map(std::time::Duration::as_secs_f64).collect(),
            costs: compiled.costs(),
        }
    }

    /// The page.
    pub fn to_html(&self) -> String {
        page::page(self).to_html().to_owned()
    }

    /// Returns it as one JSON object.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Writes the page to a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save_html(&self, path: impl AsRef<Path>) -> Result<()> {
        page::page(self).save_html(path)
    }
}

/// A score as the page shows it.
fn number(score: f64) -> String {
    format!("{score:.3}")
}
