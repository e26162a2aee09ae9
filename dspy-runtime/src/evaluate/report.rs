//! What an evaluation found.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::lm::Usage;
use crate::value::Record;

/// The scores of all rows, in row order; `Display` is a table.
///
/// # Example
///
/// ```
/// # use dspy::lm::Scripted;
/// # use dspy::{Context, Evaluate, Predict, Rows, signature};
/// # /// Name the capital of a country.
/// # #[signature]
/// # struct Capital {
/// #     #[input]
/// #     country: String,
/// #     /// Its name alone.
/// #     #[output]
/// #     capital: String,
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// # let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
/// # let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis".into()));
/// # let evaluate = Evaluate::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
/// let report = evaluate.run(&cx, &Predict::<Capital>::new(), &rows).await?;
/// assert!(report.to_string().contains("0.500 over 2 rows"));
/// assert!(report.to_csv()?.starts_with("row,id,slice,score,feedback,error,calls,output\n"));
/// assert_eq!(report.to_json()["score"], 0.5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    metric: String,
    planned: usize,
    stopped: Option<String>,
    rows: Vec<RowReport>,
}

/// What became of one row.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowReport {
    /// The row's place, from 0.
    pub row: usize,
    /// The row's `id`, if it has one.
    pub id: Option<String>,
    /// The slice that the row is in.
    pub slice: Option<String>,
    /// The score; the failure score where there is an error.
    pub score: f64,
    /// Why, in the metric's words.
    pub feedback: Option<String>,
    /// Why the run or the metric failed.
    pub error: Option<String>,
    /// The outputs, if there were any.
    pub output: Option<Record>,
    /// What the run cost.
    pub usage: Usage,
}

/// The mean of one slice.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceScore {
    /// The slice.
    pub name: String,
    /// How many rows are in it.
    pub rows: usize,
    /// Their mean score.
    pub score: f64,
}

impl Report {
    pub(crate) fn new(metric: String, planned: usize, rows: Vec<RowReport>, stopped: Option<String>) -> Self {
        Self { metric, planned, stopped, rows }
    }

    /// The mean score of the rows that were run; 0 if none was.
    #[allow(clippy::cast_precision_loss)]
    pub fn score(&self) -> f64 {
        let sum: f64 = self.rows.iter().map(|row| row.score).sum();
        sum / self.rows.len().max(1) as f64
    }

    /// The name of the metric.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// The rows that were run, in order.
    pub fn rows(&self) -> &[RowReport] {
        &self.rows
    }

    /// The rows that failed, in order.
    pub fn failures(&self) -> impl Iterator<Item = &RowReport> {
        self.rows.iter().filter(|row| row.error.is_some())
    }

    /// Why not all rows were run, if they were not.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// What all rows cost together.
    pub fn usage(&self) -> Usage {
        self.rows.iter().map(|row| row.usage).sum()
    }

    /// The means of the slices, by name.
    #[allow(clippy::cast_precision_loss)]
    pub fn slices(&self) -> Vec<SliceScore> {
        let mut slices: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        for row in &self.rows {
            if let Some(name) = &row.slice {
                let (rows, sum) = slices.entry(name).or_default();
                *rows += 1;
                *sum += row.score;
            }
        }
        let mean = |(name, (rows, sum)): (&str, (usize, f64))| SliceScore {
            name: name.into(),
            rows,
            score: sum / rows as f64,
        };
        slices.into_iter().map(mean).collect()
    }

    /// The report as one JSON object, with the overall score and the slices.
    pub fn to_json(&self) -> Value {
        serde_json::json!({
            "metric": self.metric,
            "score": self.score(),
            "planned": self.planned,
            "stopped": self.stopped,
            "slices": self.slices(),
            "usage": self.usage(),
            "rows": self.rows,
        })
    }

    /// The rows as CSV; the outputs are JSON in one column.
    ///
    /// # Errors
    ///
    /// When the writer fails, which a buffer in memory does not.
    pub fn to_csv(&self) -> Result<String> {
        let broken = |error: csv::Error| Error::data(format!("cannot write CSV: {error}")).with_source(error);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer
            .write_record(["row", "id", "slice", "score", "feedback", "error", "calls", "output"])
            .map_err(broken)?;
        for row in &self.rows {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let output = row.output.as_ref().map(ToString::to_string).unwrap_or_default();
            let cells = [
                row.row.to_string(),
                text(&row.id),
                text(&row.slice),
                row.score.to_string(),
                text(&row.feedback),
                text(&row.error),
                row.usage.calls.to_string(),
                output,
            ];
            writer.write_record(cells).map_err(broken)?;
        }
        let bytes = writer.into_inner().map_err(|error| Error::data(format!("cannot write CSV: {error}")))?;
        String::from_utf8(bytes).map_err(|error| Error::data(error.to_string()))
    }

    /// Writes the report to a file: `.csv` as CSV, anything else as JSON.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let text = match path.extension().is_some_and(|extension| extension == "csv") {
            true => self.to_csv()?,
            false => format!("{:#}\n", self.to_json()),
        };
        std::fs::write(path, text).map_err(|error| Error::io("write", path, error))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {:.3} over {} rows, {}", self.metric, self.score(), self.rows.len(), self.usage())?;
        if let Some(reason) = &self.stopped {
            writeln!(f, "stopped with {} of {} rows run: {reason}", self.rows.len(), self.planned)?;
        }
        let slices = self.slices();
        let width = slices.iter().map(|slice| slice.name.chars().count()).max().unwrap_or_default();
        for slice in &slices {
            writeln!(f, "  {:width$}  {:.3} over {} rows", slice.name, slice.score, slice.rows)?;
        }
        let failures: Vec<_> = self.failures().collect();
        if !failures.is_empty() {
            writeln!(f, "{} failed:", failures.len())?;
        }
        for row in failures.iter().take(5) {
            let name = row.id.clone().unwrap_or_else(|| format!("row {}", row.row + 1));
            writeln!(f, "  {name}: {}", row.error.as_deref().unwrap_or_default())?;
        }
        if failures.len() > 5 {
            writeln!(f, "  and {} more", failures.len() - 5)?;
        }
        Ok(())
    }
}
