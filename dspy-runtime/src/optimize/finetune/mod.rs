//! Programs whose model is trained on what they do well.

mod example;
mod export;
mod training;
mod tuning;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use export::{ExportCounts, FinetuneExport};

use super::Optimizer;
use super::compiled::Compiled;
use super::options::{Options, common_settings, debug, methods, setters};
use super::plan::Plan;
use crate::context::Context;
use crate::data::TuningRows;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::lm::{Lm, TrainingService};
use crate::module::Module;
use crate::predict::ProgramState;
use crate::signature::Row;
use training::Waits;

/// Has a provider train a small model on what a large one does well, and keeps it if the program is better with it.
///
/// The program is scored on the validation rows with the model that is to be trained; a teacher, by default the
/// context's model, runs it on the train rows; the runs that the metric accepts become examples, as
/// [`FinetuneExport`] writes them; they are sent, a job is started and waited for, and the program is scored with the
/// trained model. What comes back is the better of the two, with its model as [`Compiled::lm`]; of two that are as good
/// it is the one that was not trained. [`Gate::compare_models`](crate::Gate::compare_models) then decides on held-out
/// rows.
///
/// It costs a run for each train row, two for each validation row, and the training, which the provider bills apart:
/// [`Plan::training`] estimates its tokens, and [`max_training_tokens`](Finetune::max_training_tokens) bounds them. The
/// budget leaves room for the last scoring, or nothing is sent.
///
/// **With a [journal](Finetune::journal)** it can be stopped at any time and goes on where it was: no call is paid for
/// twice, no file is sent twice and no job started twice. Even where it was stopped between a request and its answer,
/// what came of it is found at the provider. Dropping the future leaves a job as it is, and the same call waits for it
/// again. A job that failed or was cancelled is an error with the provider's reason, and the next such call starts
/// another. Without a journal, each call trains anew.
///
/// The teacher is asked in the form in which the trained model will be, and examples show the prompts of the program as
/// it came, whatever [state](Finetune::teacher_state) the teacher has: a long prompt can be trained into a short one.
///
/// After `BootstrapFinetune` of DSPy 3.
///
/// # Example
///
/// Here the provider is made up, so that the example runs alone; else it is
/// [`OpenAiFinetuning::from_env()?`](crate::lm::OpenAiFinetuning).
///
/// ```
/// # use dspy::lm::{TrainingFile, TrainingJob, TrainingOrder, TrainingService, TrainingState};
/// # use futures_util::future::{BoxFuture, FutureExt};
/// use dspy::lm::{ModelId, Scripted};
/// use dspy::optimize::Finetune;
/// use dspy::{Context, Lm, Predict, Rows, signature};
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
/// /// Knows Italy once it is trained.
/// #[derive(Debug)]
/// struct MadeUp;
///
/// # #[rustfmt::skip]
/// impl TrainingService for MadeUp {
///     fn lm(&self, model: &str) -> dspy::Result<Lm> {
///         let says = if model == "small" { "I do not know." } else { "Rome" };
///         let lm = Scripted::answering(move |_| format!("[[ ## capital ## ]]\n{says}"));
///         Ok(lm.named(ModelId::new("made-up", model)).into())
///     }
///     // …
/// #     fn name(&self) -> String { "made up".to_owned() }
/// #     fn upload<'a>(&'a self, _: &'a TrainingFile) -> BoxFuture<'a, dspy::Result<String>> { async { Ok("file-1".to_owned()) }.boxed() }
/// #     fn uploaded<'a>(&'a self, _: &'a TrainingFile) -> BoxFuture<'a, dspy::Result<Option<String>>> { async { Ok(None) }.boxed() }
/// #     fn start<'a>(&'a self, _: &'a TrainingOrder) -> BoxFuture<'a, dspy::Result<TrainingJob>> { self.status("job-1") }
/// #     fn started<'a>(&'a self, _: &'a TrainingOrder) -> BoxFuture<'a, dspy::Result<Option<TrainingJob>>> { async { Ok(None) }.boxed() }
/// #     fn status<'a>(&'a self, id: &'a str) -> BoxFuture<'a, dspy::Result<TrainingJob>> { async move { Ok(TrainingJob::new(id, TrainingState::Succeeded).with_model("ft:small:1")) }.boxed() }
/// #     fn cancel<'a>(&'a self, id: &'a str) -> BoxFuture<'a, dspy::Result<TrainingJob>> { self.status(id) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let rows = |text: &str| Rows::<Capital>::from_csv(&format!("country,capital\n{text}"), "capitals.csv");
/// let (train, validation) = (rows("France,Paris\n")?, rows("Italy,Rome\n")?);
/// let large = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis".into()));
///
/// let finetune = Finetune::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital)
///     .provider(MadeUp)
///     .base("small")
///     .epochs(3);
/// let compiled = finetune.compile(&large, Predict::<Capital>::new(), (&train, &validation)).await?;
/// assert_eq!((compiled.baseline, compiled.score), (0.0, 1.0));
/// let cx = large.with_lm(compiled.lm().clone());
/// let reply = compiled.program.call(&cx, CapitalInput { country: "Italy".into() }).await?;
/// assert_eq!(reply.capital, "Rome");
/// # Ok(())
/// # }
/// ```
pub struct Finetune<R, O> {
    metric: AnyMetric<R, O>,
    provider: Option<Arc<dyn TrainingService>>,
    base: Option<String>,
    teacher_lm: Option<Lm>,
    teacher_state: Option<ProgramState>,
    threshold: f64,
    demos: bool,
    learning: Learning,
    suffix: Option<String>,
    max_training_tokens: Option<u64>,
    file: Option<PathBuf>,
    waits: Waits,
    options: Options,
}

/// The provider's settings for training; what is `None` it chooses.
#[derive(Clone, Copy, Debug, Default)]
struct Learning {
    epochs: Option<u32>,
    batch_size: Option<u32>,
    rate_multiplier: Option<f64>,
}

impl<R: Row, O: Send + Sync + 'static> Finetune<R, O> {
    /// Judges by a metric.
    #[must_use]
    pub fn new<K: 'static>(metric: impl Metric<R, O, K>) -> Self {
        Self {
            metric: AnyMetric::new(metric),
            provider: None,
            base: None,
            teacher_lm: None,
            teacher_state: None,
            threshold: 1.0,
            demos: true,
            learning: Learning::default(),
            suffix: None,
            max_training_tokens: None,
            file: None,
            waits: Waits::default(),
            options: Options::default(),
        }
    }

    setters! {
        /// Sets who trains, such as [`OpenAiFinetuning`](crate::lm::OpenAiFinetuning). There is none by default, and
        /// nothing can be trained without one.
        provider(service: impl TrainingService + 'static) => provider = Some(Arc::new(service));

        /// Names the model that is trained, as its provider calls it; by default that of the context.
        base(model: impl Into<String>) => base = Some(model.into());

        /// Has another model run the teacher; by default it is the context's.
        teacher(lm: impl Into<Lm>) => teacher_lm = Some(lm.into());

        /// Gives the teacher these states; by default it is the program as it came.
        teacher_state(state: ProgramState) => teacher_state = Some(state);

        /// The score from which on a run is an example; 1 by default, fully right.
        threshold(score: f64) => threshold = score;

        /// Sets whether the trained model is shown the program's demonstrations, in examples and when it is
        /// called; it is by default. Without them prompts are shorter.
        demos(shown: bool) => demos = shown;

        /// Sets the number of passes over each example; the provider chooses by default.
        epochs(times: u32) => learning.epochs = Some(times);

        /// Sets the number of examples that one step learns from; the provider chooses by default.
        batch_size(examples: u32) => learning.batch_size = Some(examples);

        /// Sets the factor of the usual learning rate; the provider chooses by default.
        learning_rate_multiplier(factor: f64) => learning.rate_multiplier = Some(factor);

        /// A word that becomes a part of the trained model's name; none by default.
        suffix(word: impl Into<String>) => suffix = Some(word.into());

        /// The most tokens that may be trained on, all times that the examples are gone through counted, at four bytes
        /// a token. With more nothing is sent, and there is an error. No limit by default.
        max_training_tokens(tokens: u64) => max_training_tokens = Some(tokens);

        /// Also writes the examples to a file before they are sent; to none by default.
        file(path: impl Into<PathBuf>) => file = Some(path.into());

        /// Sets the longest time for the job, from when it is first looked at; 24 h by default. Then there is
        /// an error, the job goes on, and the same call with the same journal waits for it again.
        timeout(time: Duration) => waits.all = time;
    }

    /// Sets the time to wait before the job is looked at again: at first, and at most after some looks, each
    /// wait half as long again as the one before; 10 s and 60 s by default.
    #[must_use]
    pub fn poll(mut self, first: Duration, longest: Duration) -> Self {
        (self.waits.first, self.waits.longest) = (first, longest.max(first));
        self
    }

    common_settings!();
    methods!();
}

impl<R: Row, P: Module> Optimizer<R, P> for Finetune<R, P::Output>
where
    R::Input: Into<P::Input>,
{
    fn plan(&self, cx: &Context, program: &P, splits: TuningRows<'_, R>) -> Plan {
        let (train, validation) = (splits.train.len(), splits.validation.len());
        // Where the service cannot make the model, compiling will say so.
        let cx = self.student(cx).unwrap_or_else(|_| cx.clone());
        Plan::new(&cx, program, splits, &self.options, self.metric.calls(&cx))
            .with_runs("score the base model on validation", validation, validation)
            .with("run the teacher on train rows", train)
            .with("score the trained model on validation", validation)
            .with_training(train, self.learning.epochs)
    }

    async fn compile(&self, cx: &Context, program: P, rows: TuningRows<'_, R>) -> Result<Compiled<P>> {
        let TuningRows { train, validation } = rows;
        tuning::compile(self, cx, program, (train, validation)).await
    }
}

debug!(Finetune: provider, base, threshold, demos, learning, suffix, waits, options);
