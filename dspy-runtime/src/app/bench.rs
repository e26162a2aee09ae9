//! The rows and the metric of a program: everything that is done with data.

use std::path::Path;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::args::{Search, Split};
use super::search::Optimizers;
use crate::context::Context;
use crate::data::{self, Rows, Slice, Splits};
use crate::error::{Error, Result};
use crate::evaluate::{AdapterComparison, AdapterProbe, AnyMetric, Evaluate, Report};
use crate::figure::count;
use crate::gate::{Gate, Verdict};
use crate::module::Module;
use crate::optimize::{Compiled, Plan, SearchSettings};
use crate::signature::Row;

/// The way rows are run.
#[derive(Clone, Copy)]
pub(super) struct How {
    pub(super) concurrency: Option<usize>,
    pub(super) progress: bool,
}

/// A program's data and metric, whatever type its rows have.
pub(super) trait Bench<P: Module>: Send + Sync {
    /// Reads the data.
    fn open(&self, path: &Path) -> Result<Box<dyn Data<P> + '_>>;

    /// Scores rows of a file, as [`Data::evaluate`] does those of a split.
    fn traffic<'a>(
        &'a self,
        cx: &'a Context,
        program: &'a P,
        rows: &'a Path,
        how: How,
    ) -> BoxFuture<'a, Result<Report>>;

    /// Compares two runs that were made before, without a call.
    fn decide(&self, before: &Report, after: &Report) -> Result<Verdict>;
}

/// Data that was read.
pub(super) trait Data<P: Module>: Send + Sync {
    /// Returns the number of rows in each split, and oddities about them.
    fn notes(&self) -> Result<Vec<String>>;

    /// The input of one row, by its id or its place from 1.
    fn input(&self, split: Split, row: &str) -> Result<P::Input>;

    /// Scores the rows of a split, which are kept in the journal as they finish and taken from there where they are.
    fn evaluate<'a>(
        &'a self,
        cx: &'a Context,
        program: &'a P,
        split: Split,
        how: How,
        journal: &'a Path,
    ) -> BoxFuture<'a, Result<Report>>;

    /// Scores the outputs for the rows of a split that a file holds.
    fn predictions<'a>(
        &'a self,
        cx: &'a Context,
        path: &'a Path,
        split: Split,
        how: How,
    ) -> BoxFuture<'a, Result<Report>>;

    /// Runs the first so many rows of a split with each adapter.
    fn probe<'a>(
        &'a self,
        cx: &'a Context,
        program: &'a P,
        split: Split,
        rows: usize,
        how: How,
    ) -> BoxFuture<'a, Result<AdapterComparison>>;

    /// The name of the optimizer that is meant.
    fn optimizer<'a>(&'a self, search: &'a Search) -> &'a str;

    fn plan(&self, cx: &Context, program: &P, search: &Search, settings: &SearchSettings) -> Result<Plan>;

    fn compile<'a>(
        &'a self,
        cx: &'a Context,
        program: P,
        search: &'a Search,
        settings: &'a SearchSettings,
    ) -> BoxFuture<'a, Result<Compiled<P>>>;

    fn gate<'a>(
        &'a self,
        cx: &'a Context,
        baseline: &'a P,
        candidate: &'a P,
        how: How,
    ) -> BoxFuture<'a, Result<Verdict>>;
}

/// Changes a gate before it is used.
pub(super) type Adjust<R, O> = Arc<dyn Fn(Gate<R, O>) -> Gate<R, O> + Send + Sync>;

/// A metric with its settings.
pub(super) struct Judging<R, P: Module> {
    pub(super) metric: AnyMetric<R, P::Output>,
    pub(super) slice: Option<Slice<R>>,
    pub(super) gate: Option<Adjust<R, P::Output>>,
    pub(super) optimizers: Optimizers<R, P>,
}

struct Opened<'a, R, P: Module> {
    judging: &'a Judging<R, P>,
    splits: Splits<R>,
}

impl<R: Row, P: Module> Bench<P> for Judging<R, P>
where
    R::Input: Into<P::Input>,
{
    fn open(&self, path: &Path) -> Result<Box<dyn Data<P> + '_>> {
        Ok(Box::new(Opened { judging: self, splits: Splits::open(path)? }))
    }

    fn traffic<'a>(
        &'a self,
        cx: &'a Context,
        program: &'a P,
        rows: &'a Path,
        how: How,
    ) -> BoxFuture<'a, Result<Report>> {
        async move { self.evaluate(how).run(cx, program, &Rows::load(rows)?).await }.boxed()
    }

    fn decide(&self, before: &Report, after: &Report) -> Result<Verdict> {
        self.gate().decide(before, after)
    }
}

impl<R: Row, P: Module> Judging<R, P> {
    fn evaluate(&self, how: How) -> Evaluate<R, P::Output> {
        Evaluate::new(self.metric.clone())
            .progress(how.progress)
            .with_slice(self.slice.clone())
            .keep_exchanges(true)
            .with_concurrency(how.concurrency)
    }

    /// The gate, as the user has adjusted it.
    fn gate(&self) -> Gate<R, P::Output> {
        let gate = Gate::new(self.metric.clone()).with_slice(self.slice.clone()).keep_exchanges(true);
        match &self.gate {
            Some(adjust) => adjust(gate),
            None => gate,
        }
    }
}

impl<R: Row, P: Module> Opened<'_, R, P> {
    fn rows(&self, split: Split) -> &Rows<R> {
        match split {
            Split::Train => &self.splits.train,
            Split::Validation => &self.splits.validation,
            Split::Test => &self.splits.test,
        }
    }

    fn find(&self, split: Split, name: &str) -> Result<&R> {
        let rows = self.rows(split);
        let id = |row: &R| row.to_record().ok().and_then(|record| data::id(R::schema(), &record));
        let by_id = rows.iter().find(|row| id(row).as_deref() == Some(name));
        let by_place = || rows.get(name.parse::<usize>().ok()?.checked_sub(1)?);
        by_id.or_else(by_place).ok_or_else(|| {
            let count = rows.len();
            Error::data(format!(
                "no row of {} is `{name}`; name one by its id, or by its place from 1 to {count}",
                rows.name()
            ))
        })
    }
}

impl<R: Row, P: Module> Data<P> for Opened<'_, R, P>
where
    R::Input: Into<P::Input>,
{
    fn notes(&self) -> Result<Vec<String>> {
        let Splits { train, validation, test, .. } = &self.splits;
        let mut notes = vec![format!(
            "{} train, {} validation and {} test rows",
            count(train.len()),
            count(validation.len()),
            count(test.len())
        )];
        let near = self.splits.near_duplicates()?;
        notes.extend(near.iter().take(5).map(|leak| format!("nearly the same: {leak}")));
        if near.len() > 5 {
            notes.push(format!("and {} more rows that are nearly the same across splits", near.len() - 5));
        }
        Ok(notes)
    }

    fn input(&self, split: Split, row: &str) -> Result<P::Input> {
        Ok(self.find(split, row)?.input().into())
    }

    fn evaluate<'a>(
        &'a self,
        cx: &'a Context,
        program: &'a P,
        split: Split,
        how: How,
        journal: &'a Path,
    ) -> BoxFuture<'a, Result<Report>> {
        let evaluate = self.judging.evaluate(how).journal(journal);
        async move { evaluate.run(cx, program, self.rows(split)).await }.boxed()
    }

    fn probe<'a>(
        &'a self,
        cx: &'a Context,
        program: &'a P,
        split: Split,
        rows: usize,
        how: How,
    ) -> BoxFuture<'a, Result<AdapterComparison>> {
        let probe = AdapterProbe::of(self.judging.evaluate(how)).rows(rows);
        async move { probe.run(cx, program, self.rows(split)).await }.boxed()
    }

    fn predictions<'a>(
        &'a self,
        cx: &'a Context,
        path: &'a Path,
        split: Split,
        how: How,
    ) -> BoxFuture<'a, Result<Report>> {
        let evaluate = self.judging.evaluate(how);
        async move { evaluate.predictions(cx, path, self.rows(split)).await }.boxed()
    }

    fn optimizer<'a>(&'a self, search: &'a Search) -> &'a str {
        self.judging.optimizers.name(search.optimizer.as_deref())
    }

    fn plan(&self, cx: &Context, program: &P, search: &Search, settings: &SearchSettings) -> Result<Plan> {
        let optimizer = self.judging.optimizers.make(self.optimizer(search), search.auto, settings)?;
        Ok(optimizer.plan(cx, program, (&self.splits).into()))
    }

    fn compile<'a>(
        &'a self,
        cx: &'a Context,
        program: P,
        search: &'a Search,
        settings: &'a SearchSettings,
    ) -> BoxFuture<'a, Result<Compiled<P>>> {
        async move {
            let optimizer = self.judging.optimizers.make(self.optimizer(search), search.auto, settings)?;
            optimizer.compile(cx, program, (&self.splits).into()).await
        }
        .boxed()
    }

    fn gate<'a>(
        &'a self,
        cx: &'a Context,
        baseline: &'a P,
        candidate: &'a P,
        how: How,
    ) -> BoxFuture<'a, Result<Verdict>> {
        let gate = self.judging.gate().progress(how.progress);
        let gate = how.concurrency.into_iter().fold(gate, Gate::concurrency);
        let rows = &self.splits.test;
        async move {
            // Both are the program of the app, with the states of a version.
            match baseline.state() == candidate.state() {
                true => gate.compare_to_itself(cx, candidate, rows).await,
                false => gate.compare(cx, baseline, candidate, rows).await,
            }
        }
        .boxed()
    }
}
