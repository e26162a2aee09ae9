//! Runs a program over rows and judges every one.

use std::any::Any;
use std::fmt;
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde::Serialize;

use super::metric::Metric;
use super::pool::pooled;
use super::progress::Progress;
use super::report::{Report, RowReport};
use super::scorer::Scorer;
use crate::context::{Context, ProgramRun, Purpose};
use crate::data::{self, Rows, Slice, by};
use crate::error::{Error, ErrorKind, Result};
use crate::module::Module;
use crate::signature::{Fields, Row};
use crate::trace::Trace;

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
    scorer: Scorer<R, O>,
    slice: Option<Slice<R>>,
    concurrency: usize,
    max_errors: usize,
    failure_score: f64,
    progress: bool,
}

impl<R: Row, O: Send + Sync + 'static> Evaluate<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self::with_scorer(Scorer::new(metric))
    }

    pub(crate) fn with_scorer(scorer: Scorer<R, O>) -> Self {
        Self { scorer, slice: None, concurrency: 16, max_errors: 10, failure_score: 0.0, progress: true }
    }

    /// Also reports each slice of the rows: `.slice(|row| row.kind)`.
    #[must_use]
    pub fn slice<T: Serialize>(mut self, slice: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.slice = Some(by(slice));
        self
    }

    /// How many rows run at once; 16 by default. Results do not depend on it.
    #[must_use]
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = rows;
        self
    }

    /// How many rows may fail before no further one begins; 10 by default.
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

    /// Whether a progress bar is shown where standard error is a terminal; it is by default.
    #[must_use]
    pub fn progress(mut self, shown: bool) -> Self {
        self.progress = shown;
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
    /// When there are no rows. Failures of rows are in the report.
    pub async fn run<P>(&self, cx: &Context, program: &P, rows: &Rows<R>) -> Result<Report>
    where
        P: Module<Output = O>,
        R::Input: Into<P::Input>,
    {
        if rows.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        let mut progress = Progress::new("evaluate", rows.len(), self.progress);
        crate::module::name(program);
        let cx = cx.detached();
        // What judging costs is charged to the same context, and to no run.
        let judging = cx.for_purpose(Purpose::Judge, cx.meter().clone());
        let jobs = (0..rows.len()).map(|index| {
            let (contexts, program, rows, scorer) =
                ((cx.clone(), judging.clone()), program.clone(), rows.clone(), self.scorer.clone());
            async move { judge((&contexts.0, &contexts.1), &program, &rows, index, &scorer, None).await }
        });
        let mut reports: Vec<Option<RowReport>> = vec![None; rows.len()];
        let (mut errors, mut stopped) = (0, None);
        pooled(jobs, self.concurrency, |judged: Judged| {
            errors += usize::from(judged.score.is_err());
            if let Err(error) = &judged.score {
                if error.is_budget() {
                    stopped = Some(error.to_string());
                    return ControlFlow::Break(());
                }
                if errors >= self.max_errors {
                    stopped = Some(format!("{errors} rows failed"));
                }
            }
            let index = judged.index;
            let slice = self.slice.as_ref().map(|slice| slice(&rows[index]));
            let report = judged.report(slice, self.failure_score);
            progress.add(report.score);
            reports[index] = Some(report);
            if stopped.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await;
        Ok(Report::new(self.scorer.name(), rows.len(), reports.into_iter().flatten().collect(), stopped))
    }
}

impl<R, O> fmt::Debug for Evaluate<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluate").field("metric", &self.scorer.name()).finish_non_exhaustive()
    }
}

/// One row that was run and judged.
pub(crate) struct Judged {
    pub(crate) index: usize,
    pub(crate) id: Option<String>,
    pub(crate) score: Result<super::Score>,
    pub(crate) output: Option<crate::Record>,
    pub(crate) trace: Trace,
    pub(crate) usage: crate::Usage,
    /// How long its LM calls took, as if one after another.
    pub(crate) latency: Duration,
}

/// Runs the program on one row in the first context, and judges it in the second. A panic of the program or
/// the metric is a failed row.
pub(crate) async fn judge<P, R>(
    (cx, judging): (&Context, &Context),
    program: &P,
    rows: &Rows<R>,
    index: usize,
    scorer: &Scorer<R, P::Output>,
    calls: Option<u64>,
) -> Judged
where
    P: Module,
    R: Row,
    R::Input: Into<P::Input>,
{
    let run = Arc::new(ProgramRun::new(calls));
    let cx = cx.in_run(run.clone());
    let row = &rows[index];
    let mut judged = Judged {
        index,
        id: row.to_record().ok().and_then(|record| data::id(R::schema(), &record)),
        score: Err(Error::new(ErrorKind::Program, "the row was not run")),
        output: None,
        trace: Trace::default(),
        usage: crate::Usage::default(),
        latency: Duration::ZERO,
    };
    let running = async {
        let prediction = Module::call(program, &cx, row.input().into()).await?;
        judged.output = Some(prediction.to_record()?);
        judged.trace = prediction.trace().clone();
        scorer.score(judging, row, &prediction, prediction.trace()).await
    };
    let outcome = AssertUnwindSafe(running).catch_unwind().await;
    judged.score = outcome.unwrap_or_else(|panic| Err(panicked(&*panic)));
    judged.usage = run.usage();
    judged.latency = run.latency();
    judged
}

impl Judged {
    /// The score as a number; a run that failed scores 0.
    pub(crate) fn value(&self) -> f64 {
        self.score.as_ref().map_or(0.0, |score| score.value)
    }

    fn report(self, slice: Option<String>, failure_score: f64) -> RowReport {
        let (score, feedback, error) = match self.score {
            Ok(score) => (score.value, score.feedback, None),
            Err(error) => (failure_score, None, Some(error.to_string())),
        };
        RowReport {
            row: self.index,
            id: self.id,
            slice,
            score,
            feedback,
            error,
            output: self.output,
            usage: self.usage,
        }
    }
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::new(
        ErrorKind::Program,
        format!("the program or the metric panicked: {}", text.unwrap_or("no message")),
    )
}
