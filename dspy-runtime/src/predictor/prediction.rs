//! The result of a call.

use std::fmt;
use std::ops::Deref;

use crate::lm::Usage;
use crate::repair::Repair;
use crate::signature::Fields;
use crate::trace::{Note, Trace};

/// The outputs of a call, by `Deref`, and how they came about.
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
/// let cx = Context::new(Scripted::replies(["{\"word\": \"Paris\"}"]));
/// let answer = Predict::<Answer>::new().call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!(answer.word, "Paris");
/// assert_eq!(answer.usage().calls, 1);
/// assert_eq!(answer.repairs().count(), 1, "sections were asked for, JSON came");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Prediction<O> {
    output: O,
    trace: Trace,
}

impl<O> Prediction<O> {
    pub(crate) fn new(output: O, trace: Trace) -> Self {
        Self { output, trace }
    }

    /// Returns the outputs with what the program adds to them, such as the reasoning of a
    /// [`ChainOfThought`](crate::ChainOfThought).
    pub fn into_inner(self) -> O {
        self.output
    }

    /// The steps that led to the outputs.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// Returns the cost of the call, with everything that was asked again.
    pub fn usage(&self) -> Usage {
        self.trace.usage()
    }

    /// Returns the repairs that reading the replies took, step by step.
    pub fn repairs(&self) -> impl Iterator<Item = &Repair> {
        self.trace.steps().flat_map(|step| &step.repairs)
    }

    /// Returns further notes about the calls, step by step: demonstrations that were left out.
    pub fn notes(&self) -> impl Iterator<Item = &Note> {
        self.trace.steps().flat_map(|step| &step.notes)
    }
}

impl<O: Fields> Prediction<O> {
    /// Returns the outputs that the signature declares, alone: without a reasoning or a trajectory.
    pub fn into_output(self) -> O::Answer {
        self.output.into_answer()
    }
}

impl<O> Deref for Prediction<O> {
    type Target = O;

    fn deref(&self) -> &O {
        &self.output
    }
}

impl<O: fmt::Debug> fmt::Debug for Prediction<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prediction")
            .field("output", &self.output)
            .field("usage", &self.usage())
            .finish_non_exhaustive()
    }
}
