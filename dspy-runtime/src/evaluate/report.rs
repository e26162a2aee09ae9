//! The report of an evaluation.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::row::RowReport;
use super::saved::Saved;
use crate::context::Repeats;
use crate::data::DataRecord;
use crate::error::{Error, Result};
use crate::figure::{count, counted};
use crate::file;
use crate::lm::Usage;

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
#[serde(into = "Saved", try_from = "Saved")]
pub struct Report {
    pub(super) metric: String,
    pub(super) planned: usize,
    pub(super) stopped: Option<String>,
    /// The rows that were to be run; not in runs that were saved before it was recorded.
    pub(super) data: Option<DataRecord>,
    pub(super) rows: Vec<RowReport>,
    /// Remarks on the run as a whole.
    pub(super) notes: Vec<String>,
    pub(super) repeats: Repeats,
}

/// The mean of one slice.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SliceScore {
    /// The slice.
    pub name: String,
    /// The number of rows in it.
    pub rows: usize,
    /// Their mean score.
    pub score: f64,
}

impl Report {
    pub(super) fn new(
        metric: String,
        data: DataRecord,
        rows: Vec<RowReport>,
        stopped: Option<String>,
    ) -> Self {
        Self {
            metric,
            planned: data.rows,
            stopped,
            data: Some(data),
            rows,
            notes: Vec::new(),
            repeats: Repeats::default(),
        }
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

    /// Returns the reason not all rows were run, if they were not.
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    /// Returns the number of rows that were to be run.
    pub fn planned(&self) -> usize {
        self.planned
    }

    /// Returns the rows that were to be run.
    pub fn data(&self) -> Option<&DataRecord> {
        self.data.as_ref()
    }

    /// Returns the notes on the run as a whole, such as that nobody has set a temperature, and of which day
    /// the prices are.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Requests that were made more than once in the run, and whether their replies agree. Rows that come out of a
    /// [journal](crate::Evaluate::journal) made theirs in another.
    pub fn repeats(&self) -> Repeats {
        self.repeats
    }

    /// The notes, with what the repeats say.
    pub(super) fn told(&self) -> Vec<String> {
        let Repeats { requests, differing } = self.repeats;
        let repeats = (requests > 0).then(|| {
            let made = counted(requests, "request");
            match differing {
                0 => format!("{made} made more than once: the replies were the same each time"),
                _ => format!("{made} made more than once: {} had replies that differ", count(differing)),
            }
        });
        self.notes.iter().cloned().chain(repeats).collect()
    }

    /// Returns the cost of all rows together.
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

    /// The figures as one JSON object: the overall score, the slices, and each row with its score and its outputs.
    /// Nothing in it depends on time; all that there is, with inputs and traces, is in the file of
    /// [`save`](Report::save).
    pub fn to_json(&self) -> Value {
        serde_json::json!({
            "metric": self.metric,
            "score": self.score(),
            "planned": self.planned,
            "stopped": self.stopped,
            "slices": self.slices(),
            "usage": self.usage(),
            "notes": self.notes,
            "repeats": self.repeats,
            "rows": self.rows,
        })
    }

    /// The rows as CSV; the outputs are JSON in one column.
    ///
    /// # Errors
    ///
    /// When the writer fails, which a buffer in memory does not.
    pub fn to_csv(&self) -> Result<String> {
        let broken = |error: csv::Error| Error::data("cannot write CSV").with_source(error);
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

    /// Writes the report to a file, whole or not at all: `.csv` as the table of [`to_csv`](Report::to_csv), anything
    /// else as JSON that [`load`](Report::load) reads again, with the inputs, the labels and the traces of all rows.
    ///
    /// It holds all that the rows hold, so it is as confidential as they are.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let text = match path.extension().is_some_and(|extension| extension == "csv") {
            true => self.to_csv()?,
            false => self.to_saved()?,
        };
        file::write(path, &text)
    }

    /// Reads a report that was [saved](Report::save) as JSON.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, is no saved report, or is of a later format.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        Self::parse(&text).map_err(|error| error.context(path.display()))
    }

    /// Reads the text of a saved report.
    ///
    /// # Errors
    ///
    /// As [`load`](Report::load).
    pub fn parse(text: &str) -> Result<Self> {
        let saved: Saved = serde_json::from_str(text).map_err(|error| {
            Error::data("not a saved report as `Report::save` writes it").with_source(error)
        })?;
        saved.try_into()
    }

    fn to_saved(&self) -> Result<String> {
        Ok(format!("{}\n", serde_json::to_string(&Saved::of(self))?))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = counted(self.rows.len(), "row");
        writeln!(f, "{}: {:.3} over {rows}, {}", self.metric, self.score(), self.usage())?;
        if let Some(reason) = &self.stopped {
            let (run, planned) = (count(self.rows.len()), count(self.planned));
            writeln!(f, "stopped with {run} of {planned} rows run: {reason}")?;
        }
        self.told().iter().try_for_each(|note| writeln!(f, "note: {note}"))?;
        let slices = self.slices();
        let width = slices.iter().map(|slice| slice.name.chars().count()).max().unwrap_or_default();
        for slice in &slices {
            let rows = counted(slice.rows, "row");
            writeln!(f, "  {:width$}  {:.3} over {rows}", slice.name, slice.score)?;
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
