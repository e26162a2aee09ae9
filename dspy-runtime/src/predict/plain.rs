//! The typed predictor.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde_json::Value;

use super::typed::{Typed, run};
use crate::adapter::{Adapter, JsonAdapter};
use crate::context::Context;
use crate::error::Result;
use crate::lm::Messages;
use crate::module::shape::Shape;
use crate::module::{Build, Module, Predictors, Program, Visit, VisitMut};
use crate::parse::Mode;
use crate::predictor::{Prediction, Predictor, PredictorState};
use crate::problem::Problem;
use crate::signature::{Checked, Fields, Reader, Schema, Signature, Violations};
use crate::trace::Traced;
use crate::value::Record;

/// One LM call for a signature.
///
/// A call costs one LM call; a reply that cannot be read is asked for again as often as the
/// context's [`parse_retries`](Context::parse_retries) say.
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
/// assert_eq!(reply.word, "Paris");
/// # Ok(())
/// # }
/// ```
pub struct Predict<S> {
    core: Predictor,
    signature: PhantomData<fn() -> S>,
}

impl<S: Signature> Predict<S> {
    /// A predictor with the instructions that the signature declares and no demonstrations.
    pub fn new() -> Self {
        Self { core: Predictor::new(S::schema().clone(), "self"), signature: PhantomData }
    }

    /// Returns it with other instructions and demonstrations.
    #[must_use]
    pub fn with_predictor_state(mut self, state: PredictorState) -> Self {
        self.core.set_state(state);
        self
    }

    /// Writes its prompts and reads its replies with an adapter of its own, whatever the context's is.
    ///
    /// It is part of the program, like the signature: clones, other states and artifacts leave it alone.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::adapter::JsonAdapter;
    /// use dspy::lm::Scripted;
    /// use dspy::{Context, Predict, signature};
    ///
    /// /// Answer the question in one word.
    /// #[signature]
    /// struct Answer {
    ///     #[input]
    ///     question: String,
    ///     #[output]
    ///     word: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let cx = Context::new(Scripted::replies(["{\"word\": \"Paris\"}"]));
    /// let answer = Predict::<Answer>::new().adapter(JsonAdapter);
    /// let reply = answer.call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
    /// assert_eq!((reply.word.as_str(), reply.repairs().count()), ("Paris", 0));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn adapter(mut self, adapter: impl Adapter + 'static) -> Self {
        self.core.set_adapter(adapter);
        self
    }

    /// Makes the call.
    ///
    /// # Errors
    ///
    /// When the model cannot be reached, the budget is spent, or no reply can be read as the outputs.
    pub async fn call(&self, cx: &Context, input: impl Into<S::Input>) -> Result<Prediction<S::Output>> {
        run(self, cx, input.into(), |_| Vec::new()).await
    }

    /// The exact messages of a call, without making it.
    ///
    /// # Errors
    ///
    /// When an input has no JSON form, or its nearest demonstrations, for a [`Knn`](crate::module::Knn), are
    /// chosen by an embedder that has to be called.
    pub fn render(&self, cx: &Context, input: &S::Input) -> Result<Messages> {
        self.core.render(cx, &input.to_record()?)
    }
}

/// Reads a record as the outputs of a signature and checks them.
pub(super) fn decode<S: Signature>(record: Record) -> Result<S::Output, Vec<Problem>> {
    let schema = S::schema();
    let typed = |problem: Problem| {
        let name = problem.path.split(['.', '[']).next().unwrap_or_default().to_owned();
        schema.field(&name).map_or(problem.clone(), |field| problem.of(&name, field.spec().text()))
    };
    let mut reader = Reader::new(record);
    let Some(output) = S::Output::read(&mut reader) else {
        return Err(reader.into_problems().into_iter().map(typed).collect());
    };
    let violations = check::<S>(&Checked::All(&output));
    if violations.is_empty() { Ok(output) } else { Err(violations) }
}

/// Reads JSON as the outputs of a signature and checks them, as a reply in JSON is read.
pub(crate) fn read_outputs<S: Signature>(json: &Value, mode: Mode) -> Result<S::Output, Vec<Problem>> {
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    let record = JsonAdapter.parse(S::schema(), &text, mode)?.record;
    let violations = S::schema().violations(&record);
    if violations.is_empty() { decode::<S>(record) } else { Err(violations) }
}

/// The conditions of a signature that outputs do not meet.
pub(super) fn check<S: Signature>(outputs: &Checked<'_, S::Output>) -> Vec<Problem> {
    let mut violations = Violations::default();
    S::check(outputs, &mut violations);
    violations.into_problems()
}

impl<S: Signature> Traced for Predict<S> {
    type Input = S::Input;
    type Output = S::Output;

    fn path(&self) -> Option<Arc<str>> {
        self.core.set_path()
    }

    fn schema(&self) -> &Arc<Schema> {
        self.core.schema()
    }
}

impl<S: Signature> Typed for Predict<S> {
    fn core(&self) -> &Predictor {
        &self.core
    }

    fn read(record: Record) -> Result<S::Output, Vec<Problem>> {
        decode::<S>(record)
    }

    fn check_field(name: &str, value: &Value) -> Vec<Problem> {
        check::<S>(&Checked::One { name, value })
    }
}

impl<S: Signature> Module for Predict<S> {
    type Input = S::Input;
    type Output = S::Output;

    async fn forward(&self, cx: &Context, input: S::Input) -> Result<S::Output> {
        Ok(Predict::call(self, cx, input).await?.into_inner())
    }
}

impl<S: Signature> Predictors for Predict<S> {
    const SHAPE: Shape = Shape::Predictor(S::NAMES);

    fn visit(&self, visit: &mut Visit<'_>) {
        visit.predictor(&self.core);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.predictor(&mut self.core);
    }
}

crate::module::inherent!([S: Signature] Predict<S>);
super::typed::ensured!(Predict);

impl<S: Signature> Program for Predict<S> {
    const NAME: &'static str = "Predict";
}

impl<S: Signature> Build for Predict<S> {
    fn build() -> Self {
        Self::new()
    }
}

impl<S: Signature> Default for Predict<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Clone for Predict<S> {
    fn clone(&self) -> Self {
        Self { core: self.core.clone(), signature: PhantomData }
    }
}

impl<S> fmt::Debug for Predict<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}
