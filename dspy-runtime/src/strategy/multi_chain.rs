//! Several chains of thought, and one more that compares them.

use std::fmt;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::attempts::{Attempts, Failures};
use crate::context::Context;
use crate::error::Result;
use crate::module::shape::Shape;
use crate::module::{Build, Module, Predictors, Program, Visit, VisitMut};
use crate::predict::{ChainOfThought, WithReasoning};
use crate::signature::{Fields, Signature, TypeSpec};

/// Thinks about the same input several times, then compares what came of it and answers.
///
/// The attempts are made by one predictor, under `attempt.predict`; another one, under `compare.predict`, sees the
/// inputs and the reasoning and outputs of every attempt that did not fail, and gives the outputs, with a reasoning of
/// its own. Attempts are rollouts, as those of [`BestOfN`](super::BestOfN). If all fail, the error lists each of
/// them.
///
/// A call costs as many LM calls as there are attempts, 3 by default, and one more; searches plan for all of them.
/// In the trace those attempts are [chosen](crate::trace::Step::is_chosen) whose outputs are the answer. After
/// `MultiChainComparison` of DSPy 3, and Yoran et al., "Answering Questions by Meta-Reasoning over Multiple Chains of
/// Thought" (2023).
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::strategy::MultiChain;
/// use dspy::{Context, Module, signature};
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
/// let reply = |why, word| format!("[[ ## reasoning ## ]]\n{why}\n[[ ## word ## ]]\n{word}");
/// let replies = [reply("It is large.", "Lyon"), reply("I saw it.", "Paris"), reply("A capital is where …", "Paris")];
/// let cx = Context::new(Scripted::replies(replies));
/// let answer = MultiChain::<Answer>::new().attempts(2);
/// let reply = answer.call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!((reply.word.as_str(), reply.usage().calls), ("Paris", 3));
/// # Ok(())
/// # }
/// ```
pub struct MultiChain<S> {
    attempt: ChainOfThought<S>,
    compare: ChainOfThought<S>,
    /// The input in which the comparison sees the attempts.
    seen: String,
    n: usize,
    concurrency: usize,
}

impl<S: Signature> MultiChain<S> {
    /// Three attempts, all at once.
    #[must_use]
    pub fn new() -> Self {
        let seen = S::schema().free_name("attempts");
        let description = "What others thought and answered, each by themselves. Any of them may be wrong.";
        let thoughts = "Say where the attempts differ and which of them holds, then think up to the answer.";
        let compare = ChainOfThought::seeing((&seen, description, TypeSpec::of::<Vec<Value>>()), thoughts);
        Self { attempt: ChainOfThought::new(), compare, seen, n: 3, concurrency: 3 }
    }

    /// Sets the number of attempts, at least one; 3 by default.
    #[must_use]
    pub fn attempts(mut self, n: usize) -> Self {
        self.n = n.max(1);
        self
    }

    /// Sets the number of attempts that run at once; 3 by default. Their result does not depend on it.
    #[must_use]
    pub fn concurrency(mut self, attempts: usize) -> Self {
        self.concurrency = attempts.max(1);
        self
    }
}

impl<S: Signature> Module for MultiChain<S> {
    type Input = S::Input;
    type Output = WithReasoning<S::Output>;

    async fn forward(&self, cx: &Context, input: S::Input) -> Result<Self::Output> {
        let (mut input, mut attempts) = (input.into_record()?, Attempts::new(cx));
        let begin = |place| -> BoxFuture<'_, Result<WithReasoning<S::Output>>> {
            let (cx, input) = (attempts.vary(place), input.clone());
            async move { self.attempt.forward(&cx, S::Input::from_record(input)?).await }.boxed()
        };
        let ended = stream::iter((0..self.n).map(begin)).buffered(self.concurrency).collect::<Vec<_>>().await;
        let (mut outputs, mut failures) = (Vec::new(), Failures::default());
        for (place, outcome) in ended.into_iter().enumerate() {
            match outcome {
                Ok(output) => outputs.push((place, output)),
                Err(error) => failures.push(format!("attempt {}", place + 1), error)?,
            }
        }
        // Without a comparison, for which nothing is left, there is no answer.
        if outputs.is_empty() || failures.is_broke() {
            return Err(failures.into_error("every attempt"));
        }
        let seen = outputs.iter().map(|(_, output)| Ok(serde_json::to_value(output.to_record()?)?));
        input.insert(&self.seen, Value::Array(seen.collect::<Result<_>>()?));
        let answer = self.compare.call_record(&attempts.aside(), input).await?.into_inner();
        let said = answer.output.to_record()?;
        for (place, output) in outputs {
            if output.output.to_record()? == said {
                attempts.choose(place);
            }
        }
        Ok(answer)
    }
}

impl<S: Signature> Predictors for MultiChain<S> {
    // The comparison has one input more than the signature.
    const SHAPE: Shape =
        Shape::Fields(&[("attempt", ChainOfThought::<S>::SHAPE), ("compare", Shape::Unknown)]);

    fn visit(&self, visit: &mut Visit<'_>) {
        visit.part(Self::NAME, Self::CRATE, format!("{} attempts", self.n));
        visit.times(self.n as u64, |visit| visit.field("attempt", &self.attempt));
        visit.field("compare", &self.compare);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.field("attempt", &mut self.attempt);
        visit.field("compare", &mut self.compare);
    }
}

crate::module::inherent!([S: Signature] MultiChain<S>, call);

impl<S: Signature> Program for MultiChain<S> {
    const NAME: &'static str = "MultiChain";
}

impl<S: Signature> Build for MultiChain<S> {
    fn build() -> Self {
        Self::new()
    }
}

impl<S: Signature> Default for MultiChain<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Clone for MultiChain<S> {
    fn clone(&self) -> Self {
        Self {
            attempt: self.attempt.clone(),
            compare: self.compare.clone(),
            seen: self.seen.clone(),
            n: self.n,
            concurrency: self.concurrency,
        }
    }
}

impl<S> fmt::Debug for MultiChain<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiChain")
            .field("attempt", &self.attempt)
            .field("compare", &self.compare)
            .field("n", &self.n)
            .finish_non_exhaustive()
    }
}
