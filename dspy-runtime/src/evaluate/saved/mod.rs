//! A report as a file keeps it.

mod schema;
mod trace;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::schema::SavedSchema;
use self::trace::{SavedStep, Shared};
use super::report::{Report, SliceScore};
use super::row::RowReport;
use crate::context::Repeats;
use crate::data::DataRecord;
use crate::error::{Error, Result};
use crate::lm::{Message, Usage};
use crate::value::Record;

/// The newest version of the format that this release reads and writes.
const VERSION: u32 = 1;

/// A whole report. What many rows have in common, as the schemas and the messages of their steps, is written once
/// and pointed to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    format: Format,
    version: u32,
    metric: String,
    /// For readers of the file; it follows from the rows, as the next one does.
    #[serde(default)]
    score: f64,
    #[serde(default)]
    slices: Vec<SliceScore>,
    planned: usize,
    stopped: Option<String>,
    data: Option<DataRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_none")]
    repeats: Repeats,
    schemas: Vec<SavedSchema>,
    messages: Vec<Message>,
    rows: Vec<SavedRow>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "dspy-report")]
    Report,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedRow {
    row: usize,
    id: Option<String>,
    slice: Option<String>,
    score: f64,
    feedback: Option<String>,
    error: Option<String>,
    input: Record,
    labels: Record,
    output: Option<Record>,
    usage: Usage,
    cost: Option<f64>,
    seconds: f64,
    fingerprint: String,
    steps: Vec<SavedStep>,
}

impl Saved {
    pub(super) fn of(report: &Report) -> Self {
        let mut shared = Shared::default();
        let row = |row: &RowReport| SavedRow {
            row: row.row,
            id: row.id.clone(),
            slice: row.slice.clone(),
            score: row.score,
            feedback: row.feedback.clone(),
            error: row.error.clone(),
            input: row.input.clone(),
            labels: row.labels.clone(),
            output: row.output.clone(),
            usage: row.usage,
            cost: row.cost,
            seconds: row.latency.as_secs_f64(),
            fingerprint: row.fingerprint.clone(),
            steps: row.trace.steps().map(|step| shared.save(step)).collect(),
        };
        let rows = report.rows.iter().map(row).collect();
        Self {
            format: Format::Report,
            version: VERSION,
            metric: report.metric.clone(),
            score: report.score(),
            slices: report.slices(),
            planned: report.planned,
            stopped: report.stopped.clone(),
            data: report.data.clone(),
            notes: report.notes.clone(),
            repeats: report.repeats,
            schemas: shared.schemas,
            messages: shared.messages,
            rows,
        }
    }
}

/// Files of runs without repeats stay as they were.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_none(repeats: &Repeats) -> bool {
    *repeats == Repeats::default()
}

impl From<Report> for Saved {
    fn from(report: Report) -> Self {
        Self::of(&report)
    }
}

impl TryFrom<Saved> for Report {
    type Error = Error;

    fn try_from(saved: Saved) -> Result<Self> {
        if saved.version > VERSION {
            return Err(Error::data(format!(
                "the report has format {}, this release reads up to {VERSION}; update the library",
                saved.version
            )));
        }
        let known = trace::Known {
            schemas: saved.schemas.into_iter().map(SavedSchema::schema).collect(),
            messages: saved.messages,
        };
        let row = |row: SavedRow| {
            let seconds = Duration::try_from_secs_f64(row.seconds);
            let latency =
                seconds.map_err(|error| Error::data(format!("{} are no seconds: {error}", row.seconds)))?;
            Ok::<_, Error>(RowReport {
                trace: known
                    .trace(row.steps)
                    .map_err(|error| error.context(format!("row {}", row.row + 1)))?,
                row: row.row,
                id: row.id,
                slice: row.slice,
                score: row.score,
                feedback: row.feedback,
                error: row.error,
                input: row.input,
                labels: row.labels,
                output: row.output,
                usage: row.usage,
                cost: row.cost,
                latency,
                fingerprint: row.fingerprint,
            })
        };
        let mut rows = saved.rows.into_iter().map(row).collect::<Result<Vec<_>>>()?;
        rows.sort_by_key(|row| row.row);
        if let Some(twice) = rows.windows(2).find(|two| two[0].row == two[1].row) {
            return Err(Error::data(format!("{} is twice in the saved report", twice[0].named())));
        }
        Ok(Self {
            metric: saved.metric,
            planned: saved.planned,
            stopped: saved.stopped,
            data: saved.data,
            rows,
            notes: saved.notes,
            repeats: saved.repeats,
        })
    }
}
