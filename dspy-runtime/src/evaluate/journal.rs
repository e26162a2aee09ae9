//! Rows that are kept as they finish, so that an evaluation can go on after it was stopped.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::report::Report;
use super::row::RowReport;
use super::saved::Saved;
use crate::context::{Context, Repeats};
use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint;
use crate::journal::{self, differing};
use crate::module::{self, Module};

/// The version of the format.
const FORMAT: u32 = 1;

/// The rows of one program, judged by one metric.
#[derive(Debug)]
pub(super) struct RowJournal {
    lines: journal::Journal,
    metric: String,
    past: Mutex<Past>,
}

/// Rows by their content. Rows that are the same are as many as were run.
type Past = HashMap<String, VecDeque<RowReport>>;

/// The entry of a line.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Begin(Value),
    /// A report of one row.
    Row(Box<Saved>),
}

impl RowJournal {
    /// Opens the journal of an evaluation, or begins one.
    ///
    /// # Errors
    ///
    /// When the file is the journal of another evaluation, was changed, is in use by another process, or cannot be
    /// read or written.
    pub(super) fn open(path: &Path, evaluation: &Value) -> Result<Arc<Self>> {
        let (mut begun, mut past) = (None, Past::new());
        let lines = journal::Journal::open(path, "evaluation", |entry| {
            match entry {
                Entry::Begin(begin) => begun = Some(begin),
                Entry::Row(saved) => {
                    for row in Report::try_from(*saved).ok()?.rows {
                        past.entry(row.fingerprint.clone()).or_default().push_back(row);
                    }
                }
            }
            Some(())
        })?;
        let begin = json!({"format": FORMAT, "evaluation": evaluation});
        match begun {
            None => lines.write(Entry::Begin(begin)),
            Some(begun) if begun == begin => {}
            Some(begun) => {
                let names = differing(&begun["evaluation"], evaluation);
                let message = format!(
                    "`{}` is the journal of another evaluation; these differ: {}. Begin a new journal",
                    path.display(),
                    if names.is_empty() { "format".to_owned() } else { names.join(", ") }
                );
                return Err(Error::data(message));
            }
        }
        lines.is_whole()?;
        let metric = evaluation["metric"].as_str().unwrap_or_default().to_owned();
        Ok(Arc::new(Self { lines, metric, past: Mutex::new(past) }))
    }

    /// Recalls the earlier result of a row, at its place and in its slice of today.
    pub(super) fn recall(&self, row: &RowReport) -> Option<RowReport> {
        let mut past = self.past.lock().unwrap_or_else(PoisonError::into_inner);
        let known = past.get_mut(&row.fingerprint)?.pop_front()?;
        Some(RowReport { row: row.row, slice: row.slice.clone(), ..known })
    }

    /// Keeps what became of a row.
    ///
    /// # Errors
    ///
    /// When it could not be written.
    pub(super) fn keep(&self, row: &RowReport) -> Result<()> {
        let report = Report {
            metric: self.metric.clone(),
            planned: 1,
            stopped: None,
            data: None,
            rows: vec![row.clone()],
            notes: Vec::new(),
            repeats: Repeats::default(),
        };
        self.lines.write(Entry::Row(Box::new(Saved::of(&report))));
        self.lines.is_whole()
    }
}

/// Returns everything that an evaluation's rows depend on besides themselves.
pub(super) fn evaluation<P: Module>(cx: &Context, program: &P, metric: &str, settings: &Value) -> Value {
    let mut prompts = serde_json::Map::new();
    module::each(program, |path, predictor, _| {
        let (adapter, state) = (predictor.adapter(cx), predictor.state());
        let fixed = adapter.fixed(predictor.schema(), &state.instructions, &state.demos);
        prompts.insert(path.to_owned(), json!([adapter.name(), fixed]));
    });
    let mut about = cx.settings().described();
    if let Some(about) = about.as_object_mut() {
        about.insert("program".into(), json!([P::NAME, program.version()]));
        about.insert("state".into(), program.state().fingerprint().into());
        about.insert("prompts".into(), fingerprint::of(&prompts.into()).into());
        about.insert("metric".into(), metric.into());
        about.insert("settings".into(), settings.clone());
    }
    about
}

/// Returns whether a failure says something of the row, and not of the world in which it was run.
pub(super) fn is_of_row(error: &Error) -> bool {
    use ErrorKind::{Auth, Billing, Budget, Cancelled, Io, NotConfigured};
    !error.is_retryable() && !matches!(error.kind(), Auth | Billing | Budget | Cancelled | Io | NotConfigured)
}
