//! One program on many inputs.

use std::fmt;
use std::future::IntoFuture;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Module;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::pool::{caught, pooled, within};
use crate::predictor::Prediction;
use crate::progress::Progress;
use crate::trace::Recorder;

/// The observer of each row that is done.
type Observer<O> = Arc<dyn Fn(usize, &Result<Prediction<O>>) + Send + Sync>;

/// A program that is to run on many inputs; [`Module::batch`] makes it, and it runs when it is awaited.
///
/// It gives one outcome for each input, at the place of the input whichever is done first. A row that fails or
/// panics is an error at its place and holds up no other. It costs the program's LM calls for each input. Where
/// the budget is spent no further row begins; rows that were never begun are errors that say so. Inside a
/// program the steps of all rows are in its trace, in the order of the inputs. Dropping the future gives all rows up.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, Module, Predict, signature};
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
/// let cx = Context::new(Scripted::answering(|asked| match asked.contains("France") {
///     true => "[[ ## capital ## ]]\nParis".into(),
///     false => "I do not know.".into(),
/// }));
/// let inputs = ["Atlantis", "France"].map(|country| CapitalInput { country: country.into() });
/// let outcomes = Predict::<Capital>::new().batch(&cx, inputs).concurrency(4).await;
/// assert!(outcomes[0].is_err());
/// assert_eq!(outcomes[1].as_ref().expect("it is known").capital, "Paris");
/// # Ok(())
/// # }
/// ```
#[must_use = "a batch runs when it is awaited"]
pub struct Batch<P: Module> {
    program: P,
    cx: Context,
    inputs: Vec<P::Input>,
    concurrency: Option<usize>,
    max_errors: Option<usize>,
    timeout: Option<Duration>,
    progress: bool,
    observer: Option<Observer<P::Output>>,
}

impl<P: Module> Batch<P> {
    pub(crate) fn new(program: P, cx: &Context, inputs: Vec<P::Input>) -> Self {
        let cx = cx.clone();
        Self {
            program,
            cx,
            inputs,
            concurrency: None,
            max_errors: None,
            timeout: None,
            progress: true,
            observer: None,
        }
    }

    /// Sets the number of rows that run at once; by default 16, or as many as the model
    /// [wants](crate::lm::LanguageModel::calls_at_once). Outcomes do not depend on it.
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = Some(rows);
        self
    }

    /// Sets the number of rows that may fail before no further one begins; by default all may. Rows under way
    /// are finished, since they are paid for.
    pub fn max_errors(mut self, rows: usize) -> Self {
        self.max_errors = Some(rows);
        self
    }

    /// Sets the time one row may take before it is dropped as [`ErrorKind::Timeout`]; as long as it takes by
    /// default.
    pub fn timeout(mut self, each: Duration) -> Self {
        self.timeout = Some(each);
        self
    }

    /// Sets whether progress is shown on standard error, as
    /// [`Evaluate::progress`](crate::Evaluate::progress) shows it; it is by default, unless there is an
    /// [observer](Self::observer) or the batch is a part of a program.
    pub fn progress(mut self, shown: bool) -> Self {
        self.progress = shown;
        self
    }

    /// Tells a closure of each row that is done, as soon as it is: its place, and its outcome. Rows that were never
    /// begun are not reported.
    pub fn observer(
        mut self,
        observer: impl Fn(usize, &Result<Prediction<P::Output>>) + Send + Sync + 'static,
    ) -> Self {
        self.observer = Some(Arc::new(observer));
        self
    }

    /// Runs it.
    async fn run(self) -> Vec<Result<Prediction<P::Output>>> {
        let Self { program, cx, inputs, concurrency, max_errors, timeout, progress, observer } = self;
        // Inside of a program its predictors have their names already.
        if cx.scope().recorder().is_none() {
            super::name(&program);
        }
        let steps = Steps::new(&cx, inputs.len());
        let shown = progress && observer.is_none() && cx.scope().recorder().is_none();
        let mut progress = Progress::new("batch", inputs.len(), cx.scope().meter(), shown);
        let mut outcomes: Vec<Option<_>> = inputs.iter().map(|_| None).collect();
        let jobs = inputs.into_iter().zip(steps.rows.clone()).enumerate().map(|(row, (input, recorder))| {
            let (program, cx) = (program.clone(), cx.scoped(|scope| scope.detached().recorded_in(recorder)));
            async move { (row, caught("the program", within(timeout, program.call(&cx, input))).await) }
        });
        let (mut failed, mut over) = (0, None);
        pooled(jobs, cx.at_once(concurrency), |(row, outcome)| {
            progress.end(outcome.is_err());
            if let Some(observer) = &observer {
                observer(row, &outcome);
            }
            if let Err(error) = &outcome {
                failed += 1;
                if error.is_budget() {
                    over = Some((ErrorKind::Budget, "the budget is spent".to_owned()));
                } else if over.is_none() && max_errors.is_some_and(|most| failed >= most) {
                    over = Some((ErrorKind::Cancelled, format!("{failed} rows had failed before it")));
                }
            }
            outcomes[row] = Some(outcome);
            if over.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .await;
        let unbegun = |row: usize| {
            let (kind, why) = over.clone().unwrap_or((ErrorKind::Cancelled, "the batch had ended".into()));
            Error::new(kind, format!("row {row} was not begun: {why}")).unsent()
        };
        outcomes
            .into_iter()
            .enumerate()
            .map(|(row, outcome)| outcome.unwrap_or_else(|| Err(unbegun(row))))
            .collect()
    }
}

/// The steps of each row, which go to the program call around the batch in the order of rows, however it ends.
struct Steps {
    around: Option<Arc<Recorder>>,
    rows: Vec<Arc<Recorder>>,
}

impl Steps {
    fn new(cx: &Context, rows: usize) -> Self {
        Self {
            around: cx.scope().recorder().cloned(),
            rows: (0..rows).map(|_| Recorder::new(None)).collect(),
        }
    }
}

impl Drop for Steps {
    fn drop(&mut self) {
        let Some(around) = &self.around else { return };
        for row in &self.rows {
            row.trace().shared().for_each(|step| around.adopt(step.clone()));
        }
    }
}

impl<P: Module> IntoFuture for Batch<P> {
    type Output = Vec<Result<Prediction<P::Output>>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<P: Module> fmt::Debug for Batch<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("inputs", &self.inputs.len())
            .field("concurrency", &self.concurrency)
            .field("max_errors", &self.max_errors)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
