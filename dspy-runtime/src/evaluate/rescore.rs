//! The judging of a finished run by another metric.

use super::report::Report;
use super::row::{PROGRAM_OR_METRIC, RowReport, of_row};
use super::run::Evaluate;
use crate::context::{Context, Purpose, Scope};
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::figure::listed;
use crate::metric::Case;
use crate::pool::caught;
use crate::progress::Progress;
use crate::signature::{Fields, Row};

impl<R: Row, O: Fields> Evaluate<R, O> {
    /// Judges the outputs and traces of a run that has been made, by this metric and these slices.
    ///
    /// The program is not run; a metric that asks no model makes no call, one that does makes its own, in this
    /// context. Rows whose run failed keep their error and get the failure score. Usage, cost and latency stay
    /// those of the run.
    ///
    /// # Errors
    ///
    /// When the rows are not those of the run, or outputs do not have this type. Failures of the metric are in the
    /// report.
    ///
    /// # Example
    ///
    /// ```
    /// # use dspy::lm::Scripted;
    /// # use dspy::{Context, Evaluate, Predict, Report, Rows, signature};
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
    /// # let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nparis".into()));
    /// let exact = Evaluate::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
    /// let run = exact.run(&cx, &Predict::<Capital>::new(), &rows).await?;
    /// # let file = std::env::temp_dir().join(format!("dspy-doc-rescore-{}.json", std::process::id()));
    /// # let path = file.clone();
    /// run.save(&path)?;
    ///
    /// let lenient = |row: &Capital, out: &CapitalOutput| row.capital.eq_ignore_ascii_case(&out.capital);
    /// let again = Evaluate::new(lenient).rescore(&cx, &Report::load(&path)?, &rows).await?;
    /// assert_eq!((run.score(), again.score()), (0.0, 0.5));
    /// assert_eq!(cx.usage().calls, 2, "none was made for it");
    /// # std::fs::remove_file(file).expect("it was written");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn rescore(&self, cx: &Context, report: &Report, rows: &Rows<R>) -> Result<Report> {
        let fresh = self.fresh(rows)?;
        report.is_of(&fresh, rows.name())?;
        let sliced = report.rows.iter().map(|old| {
            let slice = fresh.get(old.row).and_then(|row| row.slice.clone());
            RowReport { slice, ..old.clone() }
        });
        let (found, stopped) = self.judged(cx, "rescore", sliced.collect(), rows).await?;
        let stopped = report.stopped.clone().or(stopped);
        Ok(Report { metric: self.metric.to_string(), rows: found, stopped, ..report.clone() })
    }

    pub(super) fn fresh(&self, rows: &Rows<R>) -> Result<Vec<RowReport>> {
        rows.iter().enumerate().map(|(index, row)| of_row(row, index, self.slice.as_ref())).collect()
    }

    /// Judges rows that have their outputs.
    pub(super) async fn judged(
        &self,
        cx: &Context,
        what: &'static str,
        reports: Vec<RowReport>,
        rows: &Rows<R>,
    ) -> Result<(Vec<RowReport>, Option<String>)> {
        let cx = cx.scoped(Scope::detached);
        let judging = cx.scoped(|scope| scope.for_purpose(Purpose::Judge));
        let count = reports.len();
        let progress = Progress::new(what, count, judging.scope().meter(), self.progress);
        let jobs = reports.into_iter().map(|report| {
            let (evaluate, judging, rows) = (self.clone(), judging.clone(), rows.clone());
            async move { evaluate.rescored(&judging, &rows, report).await }
        });
        self.collect(&judging, jobs, count, progress).await
    }

    async fn rescored(
        &self,
        cx: &Context,
        rows: &Rows<R>,
        mut report: RowReport,
    ) -> Result<(RowReport, bool)> {
        let Some(output) = report.output.clone() else {
            report.score = self.failure_score;
            return Ok((report, false));
        };
        let output = O::from_record(output)
            .map_err(|error| error.context(format!("the outputs of row {} of the run", report.row + 1)))?;
        let case = Case::new(cx, &rows[report.row], &output, &report.trace);
        let score = caught(PROGRAM_OR_METRIC, self.metric.score(case)).await;
        report.judge(score, self.failure_score).map(|failed| (report, failed))
    }
}

impl Report {
    /// Checks that the run was over these rows; the error names the difference.
    fn is_of(&self, rows: &[RowReport], name: &str) -> Result<()> {
        let Some(data) = &self.data else {
            return Err(Error::data(
                "the saved report does not say over which rows the run was; run it again",
            ));
        };
        if data.rows != rows.len() {
            return Err(Error::data(format!(
                "the run was over {} rows, `{name}` has {}; judge it on the rows that it was made on",
                data.rows,
                rows.len()
            )));
        }
        let other = |old: &&RowReport| rows.get(old.row).is_none_or(|row| row.fingerprint != old.fingerprint);
        let others: Vec<String> = self.rows.iter().filter(other).map(|old| old.named()).collect();
        if others.is_empty() {
            return Ok(());
        }
        Err(Error::data(format!(
            "`{name}` is not what the run was over: {} differ; judge it on the rows that it was made on",
            listed(&others)
        )))
    }
}
