//! One row: the run of a program, and what a metric says of it.

use std::sync::Arc;
use std::time::Duration;

use crate::context::{Context, ProgramRun};
use crate::data::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::metric::{AnyMetric, Case};
use crate::module::Module;
use crate::pool::caught;
use crate::score::Score;
use crate::signature::{Fields, Row};
use crate::trace::{Recorder, Trace};

/// What may panic where a row is judged.
pub(super) const PROGRAM_OR_METRIC: &str = "the program or the metric";

/// One row that was run and judged.
pub(crate) struct Judged {
    pub(crate) index: usize,
    pub(crate) score: Result<Score>,
    pub(crate) output: Option<crate::Record>,
    pub(crate) trace: Trace,
    pub(crate) usage: crate::Usage,
    /// The steps of a run that failed.
    pub(crate) attempted: Trace,
    /// How long its LM calls took, as if one after another.
    pub(crate) latency: Duration,
    /// What they cost, where prices are known.
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
    let cx = cx.in_run(run.clone()).recorded_in(recorder.clone());
    let row = &rows[index];
    let mut judged = Judged {
        index,
        score: Err(Error::new(ErrorKind::Program, "the row was not run")),
        output: None,
        trace: Trace::default(),
        usage: crate::Usage::default(),
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
