//! The trace of a program: its predictor calls, in the order in which they began.

mod exchange;
mod note;
mod recorder;

use std::sync::Arc;

pub use exchange::Exchange;
pub(crate) use exchange::Told;
pub use note::Note;
pub(crate) use recorder::Recorder;

use crate::adapter::Adapter;
use crate::lm::Usage;
use crate::repair::Repair;
use crate::signature::{Fields, Schema};
use crate::value::Record;

/// The steps of one program call.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, Predict, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Scripted::replies(["[[ ## word ## ]]\nParis"]));
/// let answer = Predict::<Answer>::new();
/// let reply = answer.call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
///
/// let step = reply.trace().steps_of(&answer).next().expect("one step");
/// assert_eq!(step.input()?.question, "Capital of France?");
/// assert_eq!(step.output()?.word, "Paris");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    steps: Arc<[Arc<Step>]>,
    usage: Usage,
}

/// One call of a predictor.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Step {
    /// The predictor: `triage`, `resolve.predict`, `hops[0]`.
    pub path: Arc<str>,
    /// The predictor's signature model.
    pub schema: Arc<Schema>,
    /// The inputs.
    pub input: Record,
    /// The outputs, or why there are none.
    pub output: Result<Record, String>,
    /// The cost of the call, with everything that was asked again.
    pub usage: Usage,
    /// The repairs that reading the reply took.
    pub repairs: Vec<Repair>,
    /// Further notes about the call.
    pub notes: Vec<Note>,
    /// The prompts and replies in order, if they are
    /// [kept](crate::Context::with_kept_exchanges); without those that an embedder was asked.
    pub exchanges: Vec<Exchange>,
    /// The adapter in whose form it was first asked; not of a step that was read from a file.
    pub(crate) form: Option<Arc<dyn Adapter>>,
}

impl PartialEq for Step {
    /// Two predictors are the same here if they have one path, and a task of the same name and fields.
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
            && (self.schema.name(), self.schema.fingerprint())
                == (other.schema.name(), other.schema.fingerprint())
            && (&self.input, &self.output, self.usage) == (&other.input, &other.output, other.usage)
            && (&self.repairs, &self.notes, &self.exchanges)
                == (&other.repairs, &other.notes, &other.exchanges)
    }
}

impl Step {
    /// A step of a part that asks no model itself.
    pub(crate) fn of_part(
        path: Arc<str>,
        schema: Arc<Schema>,
        input: Record,
        output: Result<Record, String>,
    ) -> Self {
        Self {
            path,
            schema,
            input,
            output,
            usage: Usage::default(),
            repairs: Vec::new(),
            notes: Vec::new(),
            exchanges: Vec::new(),
            form: None,
        }
    }

    /// Returns the number of the attempt of a [strategy](crate::strategy) that the call was part of, counted
    /// from 1, if of any; of a strategy in a strategy, the inner one's.
    pub fn attempt(&self) -> Option<u32> {
        self.attempts().next().map(|(number, _)| number)
    }

    /// Returns whether the call led to the outputs: it was in no attempt, or each that it was in was chosen.
    pub fn is_chosen(&self) -> bool {
        self.attempts().all(|(_, chosen)| chosen)
    }

    /// The attempts that the call was part of, the innermost first.
    fn attempts(&self) -> impl Iterator<Item = (u32, bool)> {
        self.notes.iter().filter_map(|note| match note {
            Note::Attempt { number, chosen } => Some((*number, *chosen)),
            _ => None,
        })
    }
}

/// A step whose fields have the types of its predictor.
#[derive(Clone, Copy, Debug)]
pub struct TypedStep<'a, I, O> {
    step: &'a Step,
    types: std::marker::PhantomData<fn() -> (I, O)>,
}

/// A typed predictor whose steps can be recognized: what [`Trace::steps_of`] takes.
pub trait Traced {
    /// The predictor's inputs.
    type Input: Fields;
    /// The predictor's outputs.
    type Output: Fields;

    /// The predictor's path, if a program has set it.
    fn path(&self) -> Option<Arc<str>>;

    /// The predictor's signature model.
    fn schema(&self) -> &Arc<Schema>;
}

impl Trace {
    pub(crate) fn new(steps: Vec<Arc<Step>>) -> Self {
        let usage = steps.iter().map(|step| step.usage).sum();
        Self { steps: steps.into(), usage }
    }

    /// Returns all steps in the order in which they began.
    pub fn steps(&self) -> impl ExactSizeIterator<Item = &Step> {
        self.steps.iter().map(|step| &**step)
    }

    /// The steps that led to the outputs: all but those of attempts of a [strategy](crate::strategy) that were not
    /// chosen.
    pub fn chosen(&self) -> impl Iterator<Item = &Step> {
        self.steps().filter(|step| step.is_chosen())
    }

    /// All steps as they are held.
    pub(crate) fn shared(&self) -> impl Iterator<Item = &Arc<Step>> {
        self.steps.iter()
    }

    /// The steps of one predictor, with its types.
    ///
    /// A predictor is known by its path in a program. One that is in no program yet, or in one that
    /// was made by hand and never run, stands for all predictors of its signature.
    pub fn steps_of<P: Traced>(
        &self,
        predictor: &P,
    ) -> impl Iterator<Item = TypedStep<'_, P::Input, P::Output>> {
        let (path, schema) = (predictor.path(), predictor.schema().clone());
        let is_of = move |step: &&Step| match &path {
            Some(path) => step.path == *path,
            None => step.schema.name() == schema.name() && step.schema.fingerprint() == schema.fingerprint(),
        };
        let steps = self.steps().filter(is_of);
        steps.map(|step| TypedStep { step, types: std::marker::PhantomData })
    }

    /// Returns the cost of all steps together.
    pub fn usage(&self) -> Usage {
        self.usage
    }
}

impl<I: Fields, O: Fields> TypedStep<'_, I, O> {
    /// The inputs.
    ///
    /// # Errors
    ///
    /// When the step is of a predictor with other types under the same path.
    pub fn input(&self) -> crate::Result<I> {
        I::from_record(self.step.input.clone())
    }

    /// The outputs.
    ///
    /// # Errors
    ///
    /// When the call failed.
    pub fn output(&self) -> crate::Result<O> {
        match &self.step.output {
            Ok(record) => O::from_record(record.clone()),
            Err(reason) => Err(crate::Error::data(format!("the call has no output: {reason}"))),
        }
    }

    /// The step without its types.
    pub fn step(&self) -> &Step {
        self.step
    }
}
