//! The program that is fine-tuned.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Finetune;
use super::example::Askers;
use super::training::{Trained, Training};
use crate::context::{Context, Purpose};
use crate::data::Rows;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::Judged;
use crate::figure::{count, counted};
use crate::file;
use crate::fingerprint;
use crate::lm::{Lm, TrainingFile, TrainingOrder, TrainingService};
use crate::module::Module;
use crate::optimize::compiled::{Compiled, Termination};
use crate::optimize::demos;
use crate::optimize::driver::{About, Driver, Proposal, Run, Split};
use crate::optimize::event::SearchEventKind;
use crate::predict::ProgramState;
use crate::signature::Row;

/// Bytes of a token, for English text.
const BYTES: u64 = 4;

impl<R, O> Finetune<R, O> {
    fn service(&self) -> Result<&dyn TrainingService> {
        let none = || {
            let message = "nobody is set to train a model: set who does with `Finetune::provider`, as \
                           `OpenAiFinetuning::from_env()?`";
            Error::new(ErrorKind::NotConfigured, message)
        };
        self.provider.as_deref().ok_or_else(none)
    }

    fn base_name<'a>(&'a self, cx: &'a Context) -> &'a str {
        self.base.as_deref().unwrap_or_else(|| cx.lm().id().name())
    }

    /// The context with the model that is to be trained. All are asked in the form that fits this model.
    pub(super) fn student(&self, cx: &Context) -> Result<Context> {
        let student = cx.with_lm(self.service()?.lm(self.base_name(cx))?);
        let adapter = student.adapter().clone();
        Ok(student.changed(|settings| settings.adapter = Some(adapter)))
    }

    fn teaching<'a>(&'a self, cx: &'a Context) -> &'a Lm {
        self.teacher_lm.as_ref().unwrap_or_else(|| cx.lm())
    }

    /// The settings as journals and artifacts record them.
    fn settings(&self, cx: &Context, service: &dyn TrainingService) -> Value {
        let state = self.teacher_state.as_ref().map(ProgramState::fingerprint);
        json!({
            "service": service.name(),
            "base": self.base_name(cx),
            "teacher": self.teaching(cx).id().to_string(),
            "teacher_state": state,
            "threshold": self.threshold,
            "demos": self.demos,
            "epochs": self.learning.epochs,
            "batch_size": self.learning.batch_size,
            "learning_rate_multiplier": self.learning.rate_multiplier,
            "suffix": self.suffix,
        })
    }

    /// Returns the order, without a key and a file.
    fn order(&self, cx: &Context) -> TrainingOrder {
        let mut order = TrainingOrder::new("", "", self.base_name(cx));
        order.suffix.clone_from(&self.suffix);
        (order.seed, order.epochs) = (Some(self.options.seed), self.learning.epochs);
        (order.batch_size, order.learning_rate_multiplier) =
            (self.learning.batch_size, self.learning.rate_multiplier);
        order
    }

    /// The state that the trained model runs with.
    fn tuned_state<P: Module>(&self, program: &P) -> ProgramState {
        let mut state = program.state();
        if !self.demos {
            let paths: Vec<String> = state.paths().map(str::to_owned).collect();
            for path in paths {
                state.get_mut(&path).into_iter().for_each(|state| state.demos.clear());
            }
        }
        state
    }
}

pub(super) async fn compile<P: Module, R: Row>(
    finetune: &Finetune<R, P::Output>,
    cx: &Context,
    program: P,
    (train, validation): (&Rows<R>, &Rows<R>),
) -> Result<Compiled<P>>
where
    R::Input: Into<P::Input>,
{
    let service = finetune.service()?;
    let student = finetune.student(cx)?;
    let about = About { optimizer: "Finetune", settings: finetune.settings(cx, service) };
    let state = finetune.tuned_state(&program);
    let exact = student.with_kept_exchanges(true);
    let splits = (train, validation);
    let mut driver = Driver::new(&exact, program, splits, &finetune.metric, &finetune.options, about)?;
    match driver.baseline().await {
        // A model that can do nothing yet is what training is for.
        Err(error) if error.is_of_model() && !driver.candidates().is_empty() => {}
        scored => scored?,
    }
    let lessons = taught(finetune, &mut driver, finetune.teaching(cx)).await?;
    let file = examples(finetune, &student, &driver, &lessons).await?;
    let trained = train_on(finetune, cx, &driver, &file).await?;
    let lm = service.lm(&trained.model)?;
    let place = score(&mut driver, state, &lm).await?;
    let mut compiled = driver.finish()?;
    if place == Some(compiled.picked) {
        compiled.lm = lm;
    }
    // Prices are those of a model, and here are two.
    compiled.price = None;
    compiled.provenance.settings["trained"] = json!({
        "model": trained.model,
        "job": trained.job,
        "file": trained.file,
        "examples": file.examples(),
        "tokens": trained.tokens,
    });
    Ok(compiled)
}

/// Runs the teacher on train rows, as many as the budget pays for beside scoring the trained model.
async fn taught<P: Module, R: Row>(
    finetune: &Finetune<R, P::Output>,
    driver: &mut Driver<'_, P, R>,
    teacher: &Lm,
) -> Result<Vec<Arc<Judged>>>
where
    R::Input: Into<P::Input>,
{
    let room = driver.runs_left().saturating_sub(driver.validation.len());
    if room == 0 {
        let message = "the budget does not pay for a run of the teacher beside scoring a trained model";
        return Err(Error::new(ErrorKind::Budget, message));
    }
    let state = finetune.teacher_state.clone().unwrap_or_else(|| driver.program.state());
    let lesson = |row: usize| {
        let state = demos::without_row(&state, &driver.train[row]);
        let program = driver.program.with_state(&state)?;
        let run = Run::new(state.fingerprint().into(), program, Split::Train, row);
        Ok(vec![Run { lm: Some(teacher.clone()), purpose: Purpose::Teacher, ..run }])
    };
    let work: Result<Vec<_>> = (0..driver.train.len()).take(room).map(lesson).collect();
    let work = work?;
    if work.len() < driver.train.len() {
        driver.stop(Termination::BudgetSpent);
    }
    Ok(driver.settle("run the teacher", work).await?.into_iter().flatten().collect())
}

/// The examples of the runs that the metric accepts.
async fn examples<P: Module, R: Row>(
    finetune: &Finetune<R, P::Output>,
    student: &Context,
    driver: &Driver<'_, P, R>,
    lessons: &[Arc<Judged>],
) -> Result<TrainingFile>
where
    R::Input: Into<P::Input>,
{
    let askers = Askers::of(&driver.program, finetune.demos);
    let (mut lines, mut accepted) = (String::new(), 0);
    for lesson in lessons {
        if lesson.score.as_ref().is_ok_and(|score| score.value >= finetune.threshold) {
            accepted += 1;
            Askers::check_form(student, &lesson.trace)?;
            for line in askers.lines(student, &lesson.trace).await? {
                lines.push_str(&line);
                lines.push('\n');
            }
        }
    }
    let service = finetune.service()?;
    let file = TrainingFile::new(lines);
    let least = service.least_examples().max(1);
    if file.examples() < least {
        let first = lessons.iter().find_map(|lesson| lesson.score.as_ref().err());
        let first = first.map(|error| format!("; the first that failed: {error:#}")).unwrap_or_default();
        return Err(Error::data(format!(
            "the metric accepts {accepted} of {}, which are {}, and {} trains on {} at least: give more train rows, \
             another teacher or a lower `threshold`{first}",
            counted(lessons.len(), "run"),
            counted(file.examples(), "example"),
            service.name(),
            count(least),
        )));
    }
    let tokens = (file.text.len() as u64).div_ceil(BYTES) * u64::from(finetune.learning.epochs.unwrap_or(1));
    if let Some(most) = finetune.max_training_tokens.filter(|most| tokens > *most) {
        let message = format!(
            "training would take about {} tokens and may take {}, so nothing was sent: raise `max_training_tokens`, or \
             give fewer train rows or `epochs`",
            count(tokens),
            count(most)
        );
        return Err(Error::new(ErrorKind::Budget, message));
    }
    if driver.runs_left() < driver.validation.len() {
        let message =
            "the budget does not pay for scoring a trained model, so nothing was sent to be trained";
        return Err(Error::new(ErrorKind::Budget, message));
    }
    if let Some(path) = &finetune.file {
        file::write(path, &*file.text)?;
    }
    Ok(file)
}

/// Has the model trained, and shows how far that is.
async fn train_on<P: Module, R: Row>(
    finetune: &Finetune<R, P::Output>,
    cx: &Context,
    driver: &Driver<'_, P, R>,
    file: &TrainingFile,
) -> Result<Trained>
where
    R::Input: Into<P::Input>,
{
    let (service, memory) = (finetune.service()?, driver.memory());
    // Which training it is, among those that one journal may have.
    let which = fingerprint::of(&json!([
        driver.program.state().fingerprint(),
        driver.train.fingerprint()?,
        finetune.settings(cx, service),
    ]));
    let training = Training { service, memory: &memory, waits: finetune.waits, which: &which };
    let mut shown = Some((driver.progress("train the model", 0), String::new()));
    let mut tell = |job: &crate::lm::TrainingJob, says: Option<String>| {
        let now = format!("train the model (job {}, {})", job.id, job.state);
        if shown.as_ref().is_none_or(|(_, before)| *before != now) {
            tracing::info!(job = job.id, state = %job.state, "a model is being trained");
            // The one before ends first, or it would end this one.
            shown = None;
            shown = Some((driver.progress(&now, 0), now));
        }
        driver.tell(|| SearchEventKind::Training { job: job.id.clone(), state: job.state.clone(), says });
    };
    training.train(file, finetune.order(cx), &mut tell).await.map_err(|error| error.context(service.name()))
}

/// Scores the trained model as a candidate, where the budget pays for all of its runs.
async fn score<P: Module, R: Row>(
    driver: &mut Driver<'_, P, R>,
    state: ProgramState,
    lm: &Lm,
) -> Result<Option<usize>>
where
    R::Input: Into<P::Input>,
{
    if !driver.embed_state(&state).await? {
        return Ok(None);
    }
    let rows: Vec<usize> = (0..driver.validation.len()).collect();
    let runs = driver.runs(&state, Split::Validation, &rows)?;
    let work = runs.into_iter().map(|run| vec![Run { lm: Some(lm.clone()), ..run }]).collect();
    let judged: Vec<Arc<Judged>> =
        driver.settle("score the trained model", work).await?.into_iter().flatten().collect();
    if judged.len() < rows.len() {
        return Ok(None);
    }
    let proposal = Proposal { parents: vec![0], ..Proposal::new(format!("trained {}", lm.id()), state) };
    driver.admit_with_model(proposal, lm.id(), &judged).map(Some)
}
