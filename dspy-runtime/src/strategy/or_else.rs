//! A second program for when the first fails.

use super::attempts::{Attempts, Failures};
use crate::context::Context;
use crate::error::Result;
use crate::module::shape::Shape;
use crate::module::{Build, Module, Predictors, Program, Visit, VisitMut};
use crate::signature::Fields;

/// Runs a program, and another one on the same input where the first fails.
///
/// Both have the same inputs and outputs; they may be of different types. A spent budget is no reason to ask the
/// second. If both fail, the error lists both. A call costs the calls of the first, and where that fails
/// those of the second, too. Predictors are found under `first` and `second`. The steps of both are in the
/// trace with a [`Note::Attempt`](crate::trace::Note::Attempt) that says which one answered: attempt 1 or 2. A
/// [stream](Module::stream) shows the prediction and no fields before it.
///
/// It is named after [`Result::or_else`], since [`lm::Fallback`](crate::lm::Fallback) is for models: that asks the
/// same once more where a model is down; this is for programs that fail for any reason, as when a reply of a
/// small model cannot be read.
///
/// # Example
///
/// ```
/// use dspy::adapter::JsonAdapter;
/// use dspy::lm::Scripted;
/// use dspy::strategy::OrElse;
/// use dspy::{Context, Module, Predict, signature};
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
/// let cx = Context::new(Scripted::replies(["Well.", "{\"word\": \"Paris\"}"])).with_parse_retries(0);
/// let answer = OrElse::new(Predict::<Answer>::new(), Predict::<Answer>::new().adapter(JsonAdapter));
/// let reply = answer.call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!(reply.word, "Paris");
/// assert_eq!(reply.trace().chosen().map(|step| &*step.path).collect::<Vec<_>>(), ["second"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OrElse<A, B> {
    first: A,
    second: B,
}

impl<A, B> OrElse<A, B>
where
    A: Module,
    B: Module<Input = A::Input, Output = A::Output>,
{
    /// The first program, or the second where that fails.
    #[must_use]
    pub fn new(first: A, second: B) -> Self {
        Self { first, second }
    }

    /// Adds one more program for the case that both fail. What was there is found under `first` then.
    #[must_use]
    pub fn or<C: Module<Input = A::Input, Output = A::Output>>(self, third: C) -> OrElse<Self, C> {
        OrElse::new(self, third)
    }
}

impl<A, B> Module for OrElse<A, B>
where
    A: Module,
    B: Module<Input = A::Input, Output = A::Output>,
{
    type Input = A::Input;
    type Output = A::Output;

    async fn forward(&self, cx: &Context, input: A::Input) -> Result<A::Output> {
        let (input, mut attempts, mut failures) =
            (input.into_record()?, Attempts::new(cx), Failures::default());
        match self.first.forward(&attempts.begin(), A::Input::from_record(input.clone())?).await {
            Ok(output) => {
                attempts.choose(0);
                return Ok(output);
            }
            Err(error) if error.is_budget() => return Err(error),
            Err(error) => failures.push("first", error)?,
        }
        match self.second.forward(&attempts.begin(), A::Input::from_record(input)?).await {
            Ok(output) => {
                attempts.choose(1);
                Ok(output)
            }
            Err(error) => {
                failures.push("second", error)?;
                Err(failures.into_error("both programs"))
            }
        }
    }
}

impl<A: Predictors, B: Predictors> Predictors for OrElse<A, B> {
    const SHAPE: Shape = Shape::Fields(&[("first", A::SHAPE), ("second", B::SHAPE)]);

    fn visit(&self, visit: &mut Visit<'_>) {
        visit.part(Self::NAME, Self::CRATE, String::new());
        visit.field("first", &self.first);
        visit.field("second", &self.second);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.field("first", &mut self.first);
        visit.field("second", &mut self.second);
    }
}

impl<A, B> Program for OrElse<A, B> {
    const NAME: &'static str = "OrElse";
}

impl<A, B> Build for OrElse<A, B>
where
    A: Module + Build,
    B: Module<Input = A::Input, Output = A::Output> + Build,
{
    fn build() -> Self {
        Self::new(A::build(), B::build())
    }
}
