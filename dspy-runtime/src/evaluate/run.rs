//! Runs a program over rows and judges every one.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::journal::{self, RowJournal};
use super::report::Report;
use super::row::{RowReport, judge, of_row};
use crate::context::{Asked, Context, Purpose};
use crate::data::{Rows, Slice, by};
use crate::error::{Error, Result};
use crate::metric::{AnyMetric, Metric};
use crate::module::Module;
use crate::pool::pooled;
use crate::progress::Progress;
use crate::signature::Row;

/// Runs a program over rows, many at once, and reports every row.
///
/// It costs the program's LM calls for each row. A row whose run or metric fails keeps its place with
/// the failure score (0); after the error limit (10) no further row begins, and what finished is
/// reported. The report does not depend on the order in which rows finish.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, Evaluate, Predict, Rows, signature};
///
/// /// Name the capital of a country.
/// #[signature]
/// struct Capital {
///     #[input]
///     country: String,
///     /// Its name alone.
///     #[output]
///     capital: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let rows = "country,capital\nFrance,Paris\nItaly,Rome\n";
/// let rows = Rows::<Capital>::from_csv(rows, "capitals.csv")?;
/// let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis".into()));
/// let evaluate = Evaluate::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
/// let report = evaluate.run(&cx, &Predict::<Capital>::new(), &rows).await?;
/// assert_eq!(report.score(), 0.5);
/// # Ok(())
/// # }
/// ```
pub struct Evaluate<R, O> {
    pub(super) metric: AnyMetric<R, O>,
    pub(super) slice: Option<Slice<R>>,
    concurrency: Option<usize>,
    max_errors: usize,
    pub(super) failure_score: f64,
    pub(super) progress: bool,
    keep_exchanges: bool,
    journal: Option<PathBuf>,
}

impl<R: Row, O: Send + Sync + 'static> Evaluate<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::with_metric(AnyMetric::new(metric))
    }

    pub(crate) fn with_metric(metric: AnyMetric<R, O>) -> Self {
        Self {
            metric,
            slice: None,
            concurrency: None,
            max_errors: 10,
            failure_score: 0.0,
            progress: true,
            keep_exchanges: false,
            journal: None,
        }
    }

    /// Also reports each slice of the rows: `.slice(|row| row.kind)`.
    #[must_use]
    pub fn slice<T: Serialize>(mut self, slice: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.slice = Some(by(slice));
        self
    }

    /// Sets the number of rows that run at once; by default 16, or as many as the model
    /// [wants](crate::lm::LanguageModel::calls_at_once). Results do not depend on it.
    #[must_use]
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = Some(rows);
        self
    }

    pub(crate) fn with_concurrency(self, concurrency: Option<usize>) -> Self {
        Self { concurrency, ..self }
    }

    /// Sets the number of rows that may fail before no further one begins; 10 by default.
    #[must_use]
    pub fn max_errors(mut self, rows: usize) -> Self {
        self.max_errors = rows;
        self
    }

    /// The score of a row that failed; 0 by default.
    #[must_use]
    pub fn failure_score(mut self, score: f64) -> Self {
        self.failure_score = score;
        self
    }

    /// Sets whether progress is shown on standard error, as it is by default: a bar on a terminal, and
    /// elsewhere a line after a few seconds and then now and then, with rows, speed, calls and tokens.
    #[must_use]
    pub fn progress(mut self, shown: bool) -> Self {
        self.progress = shown;
        self
    }

    /// Sets whether the report keeps the exact prompts and replies of each step, for its
    /// [page](Report::page) and for a [saved](Report::save) run; it does not by default. What the calls of a
    /// predictor have in common is held once; of each call its input, its reply and about a kilobyte are held
    /// for as long as the report is.
    #[must_use]
    pub fn keep_exchanges(mut self, keep: bool) -> Self {
        self.keep_exchanges = keep;
        self
    }

    /// Keeps every row in a file of JSON lines as it finishes. An evaluation that finds the file takes the rows that
    /// are in it from there, and runs the rest: one that was killed goes on, and pays for no row twice.
    ///
    /// A row is known by its content, wherever it stands, and what is known is of one program with its states and
    /// prompts, one model, sampling and metric; the journal of another evaluation is an error that says what differs. A
    /// metric is recognized by its name, so give one that you change [another name](crate::evaluate::named) or a new journal.
    /// Rows that failed for want of the model (its server, its key, the network, the budget) are run again. The file
    /// is as confidential as the rows.
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
    /// # let folder = std::env::temp_dir().join(format!("dspy-evaluation-{}", std::process::id()));
    /// # let path = folder.join("capitals.jsonl");
    /// let evaluate = Evaluate::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital).journal(&path);
    /// let first = evaluate.run(&cx, &Predict::<Capital>::new(), &rows).await?;
    /// let again = evaluate.run(&cx, &Predict::<Capital>::new(), &rows).await?;
    /// assert_eq!((again, cx.usage().calls), (first, 2), "two rows were paid for once");
    /// # std::fs::remove_dir_all(folder)?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn journal(mut self, path: impl Into<PathBuf>) -> Self {
        self.journal = Some(path.into());
        self
    }

    pub(crate) fn with_slice(mut self, slice: Option<Slice<R>>) -> Self {
        self.slice = slice;
        self
    }

    /// Runs the program over the rows.
    ///
    /// # Errors
    ///
    /// When there are no rows, one has no JSON form, or the [journal](Self::journal) is that of another evaluation or
    /// cannot be written. Failures of rows are in the report.
    pub async fn run<P>(&self, cx: &Context, program: &P, rows: &Rows<R>) -> Result<Report>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        if rows.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        let data = rows.record()?;
        crate::module::name(program);
        let asked = Arc::new(Asked::default());
        let kept = self.keep_exchanges || cx.settings().kept_exchanges;
        let cx = cx.with_kept_exchanges(kept).scoped(|scope| scope.detached().noting(asked.clone()));
        // What judging costs is charged to the same context, and to no run.
        let judging = cx.scoped(|scope| scope.for_purpose(Purpose::Judge));
        let journal = self.open_journal(&cx, program)?;
        let mut progress = Progress::new("evaluate", rows.len(), cx.scope().meter(), self.progress);
        let (mut found, mut due) = (Vec::new(), Vec::with_capacity(rows.len()));
        for (index, row) in rows.iter().enumerate() {
            let row = of_row(row, index, self.slice.as_ref())?;
            match journal.as_ref().and_then(|journal| journal.recall(&row)) {
                Some(known) => {
                    progress.known(known.score);
                    found.push(known);
                }
                None => due.push(row),
            }
        }
        let jobs = due.into_iter().map(|mut report| {
            let (contexts, program, rows, evaluate) =
                ((cx.clone(), judging.clone()), program.clone(), rows.clone(), self.clone());
            let journal = journal.clone();
            async move {
                let contexts = (&contexts.0, &contexts.1);
                let judged = judge(contexts, &program, &rows, report.row, &evaluate.metric, None).await;
                report.run(&judged);
                let is_kept = judged.score.as_ref().err().is_none_or(journal::is_of_row);
                let failed = report.judge(judged.score, evaluate.failure_score)?;
                if let Some(journal) = journal.filter(|_| is_kept) {
                    journal.keep(&report)?;
                }
                Ok((report, failed))
            }
        });
        let (run, stopped) = self.collect(&cx, jobs, rows.len(), progress).await?;
        found.extend(run);
        found.sort_by_key(|report: &RowReport| report.row);
        let mut report = Report::new(self.metric.to_string(), data, found, stopped);
        report.notes.extend(cx.settings().unset_temperature());
        if report.rows.iter().any(|row| row.cost.is_some_and(|cost| cost > 0.0)) {
            report.notes.extend(cx.prices().as_of().map(|day| format!("costs are at list prices of {day}")));
        }
        report.repeats = asked.repeats();
        Ok(report)
    }

    fn open_journal<P: Module>(&self, cx: &Context, program: &P) -> Result<Option<Arc<RowJournal>>> {
        let Some(path) = &self.journal else { return Ok(None) };
        let settings =
            json!({"failure_score": self.failure_score, "exchanges": cx.settings().kept_exchanges});
        let evaluation = journal::evaluation(cx, program, &self.metric.to_string(), &settings);
        RowJournal::open(path, &evaluation).map(Some)
    }

    /// The reports of rows in their order, and why no further ones were begun, if that is so.
    pub(super) async fn collect<J>(
        &self,
        cx: &Context,
        jobs: impl IntoIterator<Item = J>,
        rows: usize,
        mut progress: Progress,
    ) -> Result<(Vec<RowReport>, Option<String>)>
    where
        J: Future<Output = Result<(RowReport, bool)>> + Send + 'static,
    {
        let (mut found, mut errors, mut outcome) = (Vec::with_capacity(rows), 0, Ok(None));
        pooled(jobs, cx.at_once(self.concurrency), |judged| {
            match judged {
                Ok((report, failed)) => {
                    errors += usize::from(failed);
                    progress.add(report.score);
                    found.push(report);
                    if !failed || errors < self.max_errors {
                        return ControlFlow::Continue(());
                    }
                    outcome = Ok(Some(format!("{errors} rows failed")));
                }
                // The row was not judged, and no other would be.
                Err(error) if error.is_budget() => outcome = Ok(Some(format!("{error:#}"))),
                Err(error) => outcome = Err(error),
            }
            ControlFlow::Break(())
        })
        .await;
        found.sort_by_key(|report: &RowReport| report.row);
        outcome.map(|stopped| (found, stopped))
    }
}

impl<R, O> Clone for Evaluate<R, O> {
    fn clone(&self) -> Self {
        let Self { concurrency, max_errors, failure_score, progress, keep_exchanges, .. } = *self;
        let (metric, slice, journal) = (self.metric.clone(), self.slice.clone(), self.journal.clone());
        Self { metric, slice, concurrency, max_errors, failure_score, progress, keep_exchanges, journal }
    }
}

impl<R, O> fmt::Debug for Evaluate<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluate").field("metric", &self.metric.to_string()).finish_non_exhaustive()
    }
}
