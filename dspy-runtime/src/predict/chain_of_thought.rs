//! A predictor that thinks before it answers.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value;

use super::plain::{check, decode};
use super::typed::{Typed, run, run_record};
use crate::adapter::Adapter;
use crate::context::Context;
use crate::error::Result;
use crate::lm::Messages;
use crate::module::shape::{FieldNames, Shape, has_field};
use crate::module::{Build, Module, Predictors, Program, Visit, VisitMut};
use crate::predictor::{Prediction, Predictor};
use crate::problem::Problem;
use crate::signature::{Checked, Fields, Reader, Reasoning as Native, Schema, Signature, TypeSpec, Writer};
use crate::trace::{Note, Traced};
use crate::value::Record;

/// One LM call that writes its `reasoning` before the outputs of the signature. Where the model gives its own, that is it,
/// as of a [`Reasoning`](crate::Reasoning): a prompt asks for no other.
///
/// The inner predictor's path ends in `predict`: `resolve.predict` for a field `resolve`. The idea is
/// from Wei et al., "Chain-of-Thought Prompting Elicits Reasoning in Large Language Models" (2022).
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{ChainOfThought, Context, signature};
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
/// let cx = Context::new(Scripted::replies(["[[ ## reasoning ## ]]\nFrance's capital.\n[[ ## word ## ]]\nParis"]));
/// let reply = ChainOfThought::<Answer>::new().call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!(reply.reasoning, "France's capital.");
/// assert_eq!(reply.word, "Paris");
/// # Ok(())
/// # }
/// ```
pub struct ChainOfThought<S> {
    core: Predictor,
    signature: PhantomData<fn() -> S>,
}

/// The name of the field that the reasoning is in.
const REASONING: &str = "reasoning";

/// The name of the predictor inside.
const PATH: &str = "predict";

impl<S: Signature> ChainOfThought<S> {
    /// A signature with such a field of its own could never be answered: no reply gives two outputs of one name.
    const IS_APART: () = assert!(
        !has_field(S::NAMES, REASONING),
        "the signature has a field `reasoning`, and thinking before the answer adds an output of that name; rename the \
         field, or use `Predict`"
    );

    /// A predictor with the instructions that the signature declares and no demonstrations.
    ///
    /// A signature that has a field `reasoning` of its own is an error when the program is built:
    ///
    /// ```compile_fail,E0080
    /// /// Answer the question.
    /// #[dspy::signature]
    /// struct Answer {
    ///     #[input]
    ///     question: String,
    ///     /// Why it is so.
    ///     #[output]
    ///     reasoning: String,
    /// }
    ///
    /// let think = dspy::ChainOfThought::<Answer>::new();
    /// ```
    pub fn new() -> Self {
        let () = Self::IS_APART;
        let description = "Every step up to the answer, with its result.";
        let schema = S::schema().with_first_output(REASONING, description, TypeSpec::of::<Native>());
        Self { core: Predictor::new(Arc::new(schema), PATH), signature: PhantomData }
    }

    /// One that also sees something else, in an input of this name, and is asked to think about it.
    pub(crate) fn seeing(input: (&str, &str, TypeSpec), thoughts: &str) -> Self {
        let (name, description, spec) = input;
        Self::over(&S::schema().with_last_input(name, description, spec), thoughts)
    }

    /// One that gives the outputs of the signature for the inputs of another schema with the same outputs.
    pub(crate) fn over(schema: &Schema, thoughts: &str) -> Self {
        let () = Self::IS_APART;
        let schema = schema.with_first_output(REASONING, thoughts, TypeSpec::of::<Native>());
        Self { core: Predictor::new(Arc::new(schema), PATH), signature: PhantomData }
    }

    /// Makes the call with inputs that are a record already.
    pub(crate) async fn call_record(
        &self,
        cx: &Context,
        input: Record,
    ) -> Result<Prediction<WithReasoning<S::Output>>> {
        self.call_noted(cx, input, Vec::new()).await
    }

    /// Calls it with the notes about the call.
    pub(crate) async fn call_noted(
        &self,
        cx: &Context,
        input: Record,
        notes: Vec<Note>,
    ) -> Result<Prediction<WithReasoning<S::Output>>> {
        run_record(self, cx, input, notes, |_| Vec::new()).await
    }

    /// Writes its prompts and reads its replies with an adapter of its own, whatever the context's is.
    ///
    /// It is part of the program, like the signature: clones, other states and artifacts leave it alone.
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
    pub async fn call(
        &self,
        cx: &Context,
        input: impl Into<S::Input>,
    ) -> Result<Prediction<WithReasoning<S::Output>>> {
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

fn reasoned<S: Signature>(mut record: Record) -> Result<WithReasoning<S::Output>, Vec<Problem>> {
    let reasoning = record.take(REASONING).and_then(|text| Some(text.as_str()?.to_owned()));
    let reasoning = reasoning.ok_or_else(|| vec![Problem::missing(REASONING)])?;
    decode::<S>(record).map(|output| WithReasoning { reasoning, output })
}

/// Outputs, by `Deref`, with the reasoning that came before them.
#[derive(Clone, Debug, PartialEq)]
pub struct WithReasoning<O> {
    /// The model's thought.
    pub reasoning: String,
    /// The answer.
    pub output: O,
}

impl<O> Deref for WithReasoning<O> {
    type Target = O;

    fn deref(&self) -> &O {
        &self.output
    }
}

impl<O: Fields> Fields for WithReasoning<O> {
    type Answer = O::Answer;

    fn into_answer(self) -> O::Answer {
        self.output.into_answer()
    }

    fn write(&self, to: &mut Writer) {
        to.field(REASONING, &self.reasoning);
        self.output.write(to);
    }

    fn read(from: &mut Reader) -> Option<Self> {
        let reasoning = from.field(REASONING);
        let output = O::read(from);
        Some(Self { reasoning: reasoning?, output: output? })
    }
}

impl<S: Signature> Traced for ChainOfThought<S> {
    type Input = S::Input;
    type Output = WithReasoning<S::Output>;

    fn path(&self) -> Option<Arc<str>> {
        self.core.set_path()
    }

    fn schema(&self) -> &Arc<Schema> {
        self.core.schema()
    }
}

impl<S: Signature> Typed for ChainOfThought<S> {
    fn core(&self) -> &Predictor {
        &self.core
    }

    fn read(record: Record) -> Result<Self::Output, Vec<Problem>> {
        reasoned::<S>(record)
    }

    fn check_field(name: &str, value: &Value) -> Vec<Problem> {
        check::<S>(&Checked::One { name, value })
    }
}

impl<S: Signature> Module for ChainOfThought<S> {
    type Input = S::Input;
    type Output = WithReasoning<S::Output>;

    async fn forward(&self, cx: &Context, input: S::Input) -> Result<Self::Output> {
        Ok(ChainOfThought::call(self, cx, input).await?.into_inner())
    }
}

impl<S: Signature> Predictors for ChainOfThought<S> {
    const SHAPE: Shape = Shape::Fields(&[(
        PATH,
        Shape::Predictor(match S::NAMES {
            Some(names) => Some(FieldNames { first: Some(REASONING), ..names }),
            None => None,
        }),
    )]);

    fn visit(&self, visit: &mut Visit<'_>) {
        visit.enter(PATH, |visit| visit.predictor(&self.core));
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.enter(PATH, |visit| visit.predictor(&mut self.core));
    }
}

crate::module::inherent!([S: Signature] ChainOfThought<S>);
super::typed::ensured!(ChainOfThought);

impl<S: Signature> Program for ChainOfThought<S> {
    const NAME: &'static str = "ChainOfThought";
}

impl<S: Signature> Build for ChainOfThought<S> {
    fn build() -> Self {
        Self::new()
    }
}

impl<S: Signature> Default for ChainOfThought<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Clone for ChainOfThought<S> {
    fn clone(&self) -> Self {
        Self { core: self.core.clone(), signature: PhantomData }
    }
}

impl<S> fmt::Debug for ChainOfThought<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}
