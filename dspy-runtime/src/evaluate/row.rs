//! One row: the run of a program, what a metric says of it, and the report of both.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::context::{Context, ProgramRun};
use crate::data::{self, Rows, Slice};
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::lm::Usage;
use crate::metric::{AnyMetric, Case};
use crate::module::Module;
use crate::pool::caught;
use crate::score::Score;
use crate::signature::{Fields, Row};
use crate::trace::{Recorder, Trace};
use crate::value::Record;

/// The name of whatever may panic where a row is judged.
pub(super) const PROGRAM_OR_METRIC: &str = "the program or the metric";

/// One row that was run and judged.
pub(crate) struct Judged {
    pub(crate) index: usize,
    pub(crate) score: Result<Score>,
    pub(crate) output: Option<crate::data::Record>,
    pub(crate) trace: Trace,
    pub(crate) usage: crate::lm::Usage,
    /// The steps of a run that failed.
    pub(crate) attempted: Trace,
    /// The time its LM calls took, as if one after another.
    pub(crate) latency: Duration,
    /// Their cost, where prices are known.
    pub(crate) cost: Option<f64>,
}

/// Runs the program on one row in the first context, and judges it in the second. A panic of the program or
/// the metric is a failed row.
pub(crate) async fn judge<P, R>(
    (cx, judging): (&Context, &Context),
    program: &P,
    rows: &Rows<R>,
    index: usize,
    metric: &AnyMetric<R, P::Output>,
    calls: Option<u64>,
) -> Judged
where
    P: Module,
    R: Row,
    R::Input: Into<P::Input>,
{
    let run = Arc::new(ProgramRun::new(calls));
    let recorder = Recorder::new(None);
    crate::module::name(program);
    let cx = cx.scoped(|scope| scope.in_run(run.clone()).recorded_in(recorder.clone()));
    let row = &rows[index];
    let mut judged = Judged {
        index,
        score: Err(Error::internal("the row was not run")),
        output: None,
        trace: Trace::default(),
        usage: crate::lm::Usage::default(),
        attempted: Trace::default(),
        latency: Duration::ZERO,
        cost: None,
    };
    let running = async {
        let prediction = Module::call(program, &cx, row.input().into()).await?;
        judged.output = Some(prediction.to_record()?);
        judged.trace = prediction.trace().clone();
        let output: &P::Output = &prediction;
        metric.score(Case::new(judging, row, output, prediction.trace())).await
    };
    judged.score = caught(PROGRAM_OR_METRIC, running).await;
    if judged.output.is_none() {
        judged.attempted = recorder.trace();
    }
    judged.cost = run.cost(cx.prices());
    judged.usage = run.usage();
    judged.latency = run.latency();
    judged
}

impl Judged {
    /// The score as a number; a run that failed scores 0.
    pub(crate) fn value(&self) -> f64 {
        self.score.as_ref().map_or(0.0, |score| score.value)
    }
}

/// The result of one row; a part of [`Report`](crate::Report), which has an example.
///
/// As JSON it is its figures alone; [`Report::save`](crate::Report::save) writes all of it.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowReport {
    /// The row's place, from 0.
    pub row: usize,
    /// The row's `id`, if it has one.
    pub id: Option<String>,
    /// The slice that the row is in.
    pub slice: Option<String>,
    /// The score; the failure score where there is an error.
    pub score: f64,
    /// The reason, in the metric's words.
    pub feedback: Option<String>,
    /// The reason the run or the metric failed.
    pub error: Option<String>,
    /// The outputs, if there were any.
    pub output: Option<Record>,
    /// The cost of the run.
    pub usage: Usage,
    /// The cost by the context's [prices](crate::Context::with_prices), as if none of our caches had
    /// answered; `None` where a price is not known.
    #[serde(skip)]
    pub cost: Option<f64>,
    /// The time its LM calls took, as if one after another. It is measured, so it differs from run to run; a
    /// reply from a cache takes no time.
    #[serde(skip)]
    pub latency: Duration,
    /// The row's inputs.
    #[serde(skip)]
    pub input: Record,
    /// The row's labels.
    #[serde(skip)]
    pub labels: Record,
    /// The steps of the program, with prompts and replies if they were
    /// [kept](crate::Evaluate::keep_exchanges). Of a run that failed, what it did until then.
    #[serde(skip)]
    pub trace: Trace,
    /// The hash of the row, to tell it from another one under its id.
    #[serde(skip)]
    pub(super) fingerprint: String,
}

/// A row before it is run.
pub(super) fn of_row<R: Row>(row: &R, index: usize, slice: Option<&Slice<R>>) -> Result<RowReport> {
    let (schema, record) = (R::schema(), row.to_record()?);
    Ok(RowReport {
        row: index,
        id: data::id(schema, &record),
        slice: slice.map(|slice| slice(row)),
        score: 0.0,
        feedback: None,
        error: None,
        output: None,
        usage: Usage::default(),
        cost: None,
        latency: Duration::ZERO,
        input: record.only(schema.inputs().map(|field| field.name())),
        labels: record.only(schema.outputs().map(|field| field.name())),
        trace: Trace::default(),
        fingerprint: fingerprint::of(&serde_json::to_value(record)?),
    })
}

impl RowReport {
    /// Returns the name of the row in messages.
    pub(crate) fn named(&self) -> String {
        match &self.id {
            Some(id) => format!("row {} (id `{id}`)", self.row + 1),
            None => format!("row {}", self.row + 1),
        }
    }

    /// Takes over what a run did.
    pub(super) fn run(&mut self, judged: &Judged) {
        let failed = judged.output.is_none();
        self.trace = if failed { judged.attempted.clone() } else { judged.trace.clone() };
        self.output.clone_from(&judged.output);
        (self.usage, self.cost, self.latency) = (judged.usage, judged.cost, judged.latency);
    }

    /// Takes over what a metric says, and returns whether it failed. A spent budget says nothing of the row.
    pub(super) fn judge(&mut self, score: Result<Score>, failure_score: f64) -> Result<bool> {
        let failed = score.is_err();
        (self.score, self.feedback, self.error) = match score {
            Ok(score) => (score.value, score.feedback, None),
            Err(error) if error.is_budget() => return Err(error),
            Err(error) => (failure_score, None, Some(format!("{error:#}"))),
        };
        Ok(failed)
    }
}
