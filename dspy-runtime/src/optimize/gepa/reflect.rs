//! New instructions from what went wrong: what a proposer is shown, and the proposer that is used unless
//! another is given.

use std::fmt::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::Feedback;
use crate::context::Context;
use crate::data::Rows;
use crate::error::{Error, Result};
use crate::evaluate::Judged;
use crate::optimize::propose::{ask, cleaned, is_copied, is_same, records};
use crate::signature::{Row, Schema};
use crate::value::Record;
use dspy_numbers::random::Keyed;

/// The view of one predictor for a proposer.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Reflection {
    /// The predictor's path in the program.
    pub path: String,
    /// Its signature model.
    pub schema: Arc<Schema>,
    /// Its present instructions.
    pub instructions: String,
    /// Its runs on the train rows of the minibatch.
    pub runs: Vec<ReflectedRun>,
    /// Other train rows with their labels, which the predictor was not run on.
    pub rows: Vec<Record>,
    /// Proposals that differ in nothing but this number are wanted to vary.
    pub rollout: u64,
}

/// The part of a predictor in one run of the program.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct ReflectedRun {
    /// The inputs.
    pub inputs: Record,
    /// The answer, or the reason it has none.
    pub outputs: Result<Record, String>,
    /// The score of the run as a whole.
    pub score: f64,
    /// The reason, in the words of the metric or of the predictor's own feedback.
    pub feedback: String,
    /// The row with its labels.
    pub row: Record,
}

/// Writes better instructions for a predictor.
///
/// # Example
///
/// ```
/// use dspy::optimize::{InstructionProposer, Reflection};
/// use dspy::{Context, Result};
/// use futures_util::future::{BoxFuture, FutureExt};
///
/// /// Adds what each run's feedback says, word for word.
/// #[derive(Debug)]
/// struct AddFeedback;
///
/// impl InstructionProposer for AddFeedback {
///     fn propose<'a>(&'a self, _: &'a Context, seen: &'a Reflection) -> BoxFuture<'a, Result<String>> {
///         let feedback: Vec<&str> = seen.runs.iter().map(|run| run.feedback.as_str()).collect();
///         let text = format!("{}\n{}", seen.instructions, feedback.join("\n"));
///         async move { Ok(text) }.boxed()
///     }
/// }
/// ```
pub trait InstructionProposer: fmt::Debug + Send + Sync {
    /// The new instructions. Calls made by the context are counted as reflection; the budget sets aside
    /// what one call can cost, with its repetitions.
    ///
    /// # Errors
    ///
    /// When there is no proposal; the search goes on without one.
    fn propose<'a>(&'a self, cx: &'a Context, seen: &'a Reflection) -> BoxFuture<'a, Result<String>>;
}

/// Improve the instructions of one step of a language-model program, from runs of it that were judged. Find
/// out what kept answers from being right, and put into the instructions what would have helped: rules,
/// facts about this field that the feedback gives away, how to decide between answers that were confused.
/// Write for inputs like these and not only for these. Keep what is right in the present instructions. The
/// names and types of the fields are told to the model besides, so leave the form of the reply out.
#[dspy_macros::signature]
struct ReflectOnRuns {
    /// The step: its inputs and outputs with their types.
    #[input]
    step: String,
    /// The runs: what the step was given, what it answered, and what was said of it.
    #[input]
    runs: String,
    /// The rows with their right answers, one JSON object a line.
    #[input]
    labelled: String,
    /// The present instructions.
    // Last: small models go on from what they read last, and would write another row.
    #[input]
    current_instruction: String,
    /// The new instructions, and nothing else.
    #[output]
    instruction: String,
}

/// Shows a model the runs with their feedback and asks for better instructions.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::optimize) struct Reflecting;

impl InstructionProposer for Reflecting {
    fn propose<'a>(&'a self, cx: &'a Context, seen: &'a Reflection) -> BoxFuture<'a, Result<String>> {
        async move {
            let mut runs = String::new();
            seen.runs.iter().enumerate().for_each(|(number, run)| show(&mut runs, number + 1, run));
            let input = ReflectOnRunsInput {
                step: format!("{}: {}", seen.path, super::super::propose::signature(&seen.schema)),
                current_instruction: seen.instructions.clone(),
                runs,
                labelled: records(seen.runs.iter().map(|run| &run.row).chain(&seen.rows)),
            };
            let shown = [&*input.step, &*input.runs, &*input.labelled].join("\n");
            let question = vec![(input, seen.rollout)];
            let answer = ask::<ReflectOnRuns>(cx, "gepa.reflect", question).await.pop();
            let none = || Error::internal("no proposal");
            let proposal = cleaned(&answer.ok_or_else(none)??.instruction);
            let is_new = |text: &String| !is_copied(text, &shown) && !is_same(text, &seen.instructions);
            proposal.filter(is_new).ok_or_else(none)
        }
        .boxed()
    }
}

/// Has instructions rewritten, once for each of the numbers, each time from the last text and in the light of other rows; the
/// last text. A proposer that has no proposal leaves the text as it is.
///
/// # Errors
///
/// When the budget ends it.
pub(in crate::optimize) async fn rewritten(
    proposer: &dyn InstructionProposer,
    cx: &Context,
    mut seen: Reflection,
    numbers: Range<usize>,
    rows: impl Fn(usize) -> Vec<Record>,
) -> Result<String> {
    for number in numbers {
        (seen.rows, seen.rollout) = (rows(number), 1 + number as u64);
        match proposer.propose(cx, &seen).await {
            Ok(text) => seen.instructions = text,
            Err(error) if error.is_budget() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(seen.instructions)
}

fn show(text: &mut String, number: usize, run: &ReflectedRun) {
    let _ = writeln!(text, "Run {number}, score {}", run.score);
    let mut fields = |title: &str, record: &Record| {
        let _ = writeln!(text, "{title}:");
        for (name, value) in record.iter() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(text, "- {name}: {}", value.replace('\n', "\n  "));
        }
    };
    fields("given", &run.inputs);
    match &run.outputs {
        Ok(outputs) => fields("answered", outputs),
        Err(reason) => {
            let _ = writeln!(text, "no answer: {reason}");
        }
    }
    let _ = writeln!(text, "feedback: {}\n", run.feedback);
}

/// Returns the runs of a predictor on rows. Of several steps in one run, one that failed, else one at random.
pub(in crate::optimize) fn reflected<R: Row>(
    rows: &Rows<R>,
    path: &str,
    judged: &[Arc<Judged>],
    feedback: Option<&Feedback<R>>,
    (seed, number): (u64, usize),
) -> Vec<ReflectedRun> {
    let run = |judged: &Arc<Judged>| {
        let row = rows.get(judged.index)?;
        let steps: Vec<_> = judged.trace.steps().filter(|step| *step.path == *path).collect();
        let key = ["gepa", "step", &number.to_string(), &judged.index.to_string()];
        let failed = steps.iter().position(|step| step.output.is_err());
        let place = failed.unwrap_or_else(|| Keyed::new(seed, &key).below(steps.len()));
        let (inputs, outputs) = match steps.get(place) {
            Some(step) => (step.input.clone(), step.output.clone()),
            // The run ended before the predictor was asked, or with it.
            None => (inputs(row), Err("the run failed".to_owned())),
        };
        let own = feedback.and_then(|feedback| feedback(row, &judged.trace, path));
        let feedback = own.unwrap_or_else(|| match &judged.score {
            Ok(score) => score.feedback.clone().unwrap_or_else(|| format!("it scored {}", score.value)),
            Err(error) => format!("{error:#}"),
        });
        Some(ReflectedRun {
            inputs,
            outputs,
            score: judged.value(),
            feedback,
            row: record(row).unwrap_or_default(),
        })
    };
    judged.iter().filter_map(run).collect()
}

fn inputs<R: Row>(row: &R) -> Record {
    let names = R::schema().inputs().map(|field| field.name());
    row.to_record().map(|row| row.only(names)).unwrap_or_default()
}

/// The inputs and labels of rows, of those that have a form as records.
pub(in crate::optimize) fn labelled<R: Row>(rows: &Rows<R>, places: &[usize]) -> Vec<Record> {
    places.iter().filter_map(|place| rows.get(*place)).filter_map(record).collect()
}

/// The fields of a row that are given or wanted.
fn record<R: Row>(row: &R) -> Option<Record> {
    let schema = R::schema();
    let names = schema.inputs().chain(schema.outputs()).map(|field| field.name());
    row.to_record().ok().map(|row| row.only(names))
}
