//! Runs of candidates on rows: each once, as many at a time as is allowed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OnceCell, Semaphore};
use tokio::task::JoinSet;

use super::ledger::Ledger;
use crate::context::{Context, Purpose};
use crate::data::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{AnyMetric, Judged, judge};
use crate::lm::Lm;
use crate::module::Module;
use crate::signature::Row;

/// The service by which all optimizers run candidates.
pub(crate) struct Service<P: Module, R: Row> {
    cx: Context,
    pub(crate) ledger: Ledger,
    train: Rows<R>,
    validation: Rows<R>,
    metric: AnyMetric<R, P::Output>,
    calls_per_run: u64,
    range: (f64, f64),
    permits: Semaphore,
    made: AtomicUsize,
    runs: Mutex<HashMap<Key, Arc<OnceCell<Arc<Judged>>>>>,
}

/// One run of a candidate on one row.
#[derive(Clone)]
pub(crate) struct Run<P> {
    /// The candidate's states, by their hash.
    pub(crate) candidate: Arc<str>,
    pub(crate) program: P,
    pub(crate) split: Split,
    pub(crate) row: usize,
    /// Runs that differ in nothing else are wanted to vary. After the first, the temperature is 1.
    pub(crate) rollout: u64,
    /// Another model than that of the search.
    pub(crate) lm: Option<Lm>,
    pub(crate) purpose: Purpose,
}

/// The rows of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Split {
    Train,
    Validation,
}

#[derive(PartialEq, Eq, Hash)]
struct Key {
    candidate: Arc<str>,
    split: Split,
    row: usize,
    rollout: u64,
    lm: Option<String>,
}

/// The settings of a service.
pub(crate) struct Settings {
    pub(crate) calls_per_run: u64,
    pub(crate) concurrency: usize,
    pub(crate) range: (f64, f64),
}

impl<P: Module, R: Row> Service<P, R>
where
    R::Input: Into<P::Input>,
{
    pub(crate) fn new(
        cx: Context,
        ledger: Ledger,
        (train, validation): (&Rows<R>, &Rows<R>),
        metric: AnyMetric<R, P::Output>,
        settings: &Settings,
    ) -> Self {
        Self {
            cx,
            ledger,
            train: train.clone(),
            validation: validation.clone(),
            metric,
            calls_per_run: settings.calls_per_run,
            range: settings.range,
            permits: Semaphore::new(settings.concurrency.max(1)),
            made: AtomicUsize::new(0),
            runs: Mutex::default(),
        }
    }

    /// Runs by another context from now on, which makes other runs of those that were made.
    pub(super) fn ask_by(&mut self, cx: Context) {
        self.cx = cx;
        self.runs = Mutex::default();
    }

    /// Returns whether a run was made before.
    pub(super) fn knows(&self, run: &Run<P>) -> bool {
        self.slot(run).initialized()
    }

    /// Returns the number of runs that were made.
    pub(crate) fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// The context for calls of a purpose.
    pub(crate) fn context(&self, purpose: Purpose) -> Context {
        self.ledger.context(&self.cx, purpose)
    }

    /// Runs all of them, at the same time as far as is allowed; what is given back is in their order.
    ///
    /// # Errors
    ///
    /// When a run says something about the search and not about its candidate: it wants more calls than
    /// were planned, the budget refuses a call, or the metric gives no score that it may.
    pub(crate) async fn all(
        self: &Arc<Self>,
        runs: Vec<Run<P>>,
        mut each: impl FnMut(&Judged),
    ) -> Result<Vec<Arc<Judged>>> {
        let mut settled: Vec<Option<Arc<Judged>>> = runs.iter().map(|_| None).collect();
        let mut flight = self.flight();
        runs.into_iter().enumerate().for_each(|(place, run)| flight.start(place, run));
        while let Some((place, judged)) = flight.next().await? {
            each(&judged);
            settled[place] = Some(judged);
        }
        Ok(settled.into_iter().flatten().collect())
    }

    /// No runs yet, to be started one by one.
    pub(super) fn flight(self: &Arc<Self>) -> Flight<P, R> {
        Flight { service: self.clone(), running: JoinSet::new() }
    }

    /// Runs a candidate on a row, or gives what that run has come to.
    async fn run(&self, run: Run<P>) -> Result<Arc<Judged>> {
        let slot = self.slot(&run);
        slot.get_or_try_init(|| self.judged(run)).await.cloned()
    }

    async fn judged(&self, run: Run<P>) -> Result<Arc<Judged>> {
        let closed = |_| Error::internal("the search is over");
        let _permit = self.permits.acquire().await.map_err(closed)?;
        let mut cx = self.context(run.purpose);
        if let Some(lm) = run.lm {
            cx = cx.with_lm(lm);
        }
        if run.rollout > 0 {
            cx = cx.with_temperature(1.0).with_rollout(run.rollout);
        }
        let rows = match run.split {
            Split::Train => &self.train,
            Split::Validation => &self.validation,
        };
        let contexts = (&cx, &self.context(Purpose::Judge));
        let mut judged =
            judge(contexts, &run.program, rows, run.row, &self.metric, Some(self.calls_per_run)).await;
        self.check(&mut judged)?;
        self.made.fetch_add(1, Ordering::Relaxed);
        if run.split == Split::Validation {
            // Nobody learns from these rows, and there are many of them.
            judged.trace = crate::trace::Trace::default();
        }
        Ok(Arc::new(judged))
    }

    fn check(&self, judged: &mut Judged) -> Result<()> {
        let fatal = [ErrorKind::CallBound, ErrorKind::Budget, ErrorKind::NotConfigured];
        match &judged.score {
            Err(error) if fatal.contains(&error.kind()) => {
                let error = std::mem::replace(&mut judged.score, Ok(0.0.into()));
                error.map(drop)
            }
            Ok(score) if !(self.range.0..=self.range.1).contains(&score.value) => {
                let (least, most) = self.range;
                let message = format!(
                    "metric `{}` gave {}, and a score is from {least} to {most}; say otherwise with `score_range`",
                    self.metric, score.value
                );
                Err(Error::new(ErrorKind::Metric, message))
            }
            _ => Ok(()),
        }
    }

    fn slot(&self, run: &Run<P>) -> Arc<OnceCell<Arc<Judged>>> {
        let key = Key {
            candidate: run.candidate.clone(),
            split: run.split,
            row: run.row,
            rollout: run.rollout,
            lm: run.lm.as_ref().map(|lm| lm.id().to_string()),
        };
        self.runs.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
    }
}

/// Runs under way, taken as they end. Those that are left are cancelled when it is dropped.
pub(super) struct Flight<P: Module, R: Row> {
    service: Arc<Service<P, R>>,
    running: JoinSet<(usize, Result<Arc<Judged>>)>,
}

impl<P: Module, R: Row> Flight<P, R>
where
    R::Input: Into<P::Input>,
{
    /// Starts a run; the number tells which it is when it ends.
    pub(super) fn start(&mut self, number: usize, run: Run<P>) {
        let service = self.service.clone();
        self.running.spawn(async move { (number, service.run(run).await) });
    }

    /// The next that ends, or `None` when none is under way.
    pub(super) async fn next(&mut self) -> Result<Option<(usize, Arc<Judged>)>> {
        while let Some(joined) = self.running.join_next().await {
            match joined {
                Ok((number, judged)) => return Ok(Some((number, judged?))),
                Err(failed) => {
                    if let Ok(panic) = failed.try_into_panic() {
                        std::panic::resume_unwind(panic);
                    }
                }
            }
        }
        Ok(None)
    }
}
