//! Attempts that learn from each other.

use std::collections::BTreeMap;
use std::fmt;

use super::attempts::{Attempts, Failures};
use super::reward::{Best, Reward};
use crate::context::Context;
use crate::error::Result;
use crate::metric::Metric;
use crate::module::outline::{outline_in_place, steps};
use crate::module::{Module, Predictors, Program, Visit, VisitMut, each};
use crate::predict::Predict;
use crate::score::{IntoScore, Score};
use crate::signature::Fields;

/// A program of language-model steps was run, and what came out is not good enough. Find out which steps kept it from
/// being good, and give each of them advice for another try at the same input. Be concrete: say what to do, not only
/// what was wrong. A step sees nothing but its own inputs and your advice to it.
#[dspy_macros::signature]
struct AdviseSteps {
    /// The steps: name, inputs and outputs with their types, instructions.
    #[input]
    program: String,
    /// The inputs and outputs of each step, and the result.
    #[input]
    run: String,
    /// The reward, the reward that was wanted, and the reason.
    #[input]
    reward: String,
    /// The steps to blame and the reason, briefly.
    #[output]
    diagnosis: String,
    /// Advice in one to three sentences, by the name of the step; only for steps that should do otherwise.
    #[output]
    advice: BTreeMap<String, String>,
}

/// Runs a program again until its output is good enough, each time with advice on the attempt before.
///
/// After an attempt whose reward is under the [`threshold`](Self::threshold), or which failed, a predictor of its own
/// reads what each step of it was given and answered, and the reward with its [feedback](Score::because). It gives
/// advice to each predictor that should do otherwise. The advice stands at the end of that predictor's next prompt and
/// in the notes of its step ([`Note::Advised`](crate::trace::Note::Advised)); it is no part of the step's inputs, of
/// demonstrations, or of the program's state.
///
/// In all else it is as [`BestOfN`](super::BestOfN): it gives the output with the highest reward, the earliest of equals;
/// later attempts are rollouts of their own; where all fail, the error lists each. Attempts run one after the other. If
/// there is no advice because that call failed, the next attempt runs without.
///
/// Each call costs from one to `n` times the calls of the program and up to `n - 1` for advice, which the plans of
/// searches allow for. The advising predictor's path is `feedback` (`feedback_` if the program has such a one); those of
/// the program stay as they are. After `Refine` of DSPy 3, and Madaan et al., "Self-Refine: Iterative Refinement with
/// Self-Feedback" (2023).
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::strategy::Refine;
/// use dspy::{Context, Module, Predict, Score, signature};
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
/// let cx = Context::new(Scripted::replies([
///     "[[ ## word ## ]]\nthe city of Paris",
///     "[[ ## diagnosis ## ]]\nIt says more than the name.\n[[ ## advice ## ]]\n{\"self\": \"Say the name alone.\"}",
///     "[[ ## word ## ]]\nParis",
/// ]));
/// let answer = Refine::new(Predict::<Answer>::new(), 3, |_: &AnswerInput, out: &AnswerOutput| {
///     match out.word.split(' ').count() {
///         1 => Score::from(1.0),
///         words => Score::from(0.0).because(format!("it has {words} words")),
///     }
/// });
/// let reply = answer.call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!((reply.word.as_str(), reply.usage().calls), ("Paris", 3));
/// # Ok(())
/// # }
/// ```
pub struct Refine<P: Module> {
    program: P,
    feedback: Predict<AdviseSteps>,
    /// The name of the advising predictor.
    name: &'static str,
    n: usize,
    reward: Reward<P::Input, P::Output>,
}

impl<P: Module> Refine<P> {
    /// Makes up to `n` attempts, at least one, judged by a reward: a closure of the inputs and the outputs
    /// that gives `bool`, `f64` or [`Score`], or a `Result` of one of them.
    #[must_use]
    pub fn new<T: IntoScore>(
        program: P,
        n: usize,
        reward: impl Fn(&P::Input, &P::Output) -> T + Send + Sync + 'static,
    ) -> Self {
        Self::by(program, n, Reward::of(reward))
    }

    /// Makes up to `n` attempts, at least one, judged by a metric, for which the inputs are the row. Its
    /// feedback says why the reward is what it is.
    ///
    /// A metric that asks a model asks that of the context. Its calls are part of what a call of this costs, in plans,
    /// budgets and usage, and its steps are in the trace.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::evaluate::metrics::Judge;
    /// # use dspy::lm::Scripted;
    /// use dspy::strategy::Refine;
    /// use dspy::{Context, Module, Predict, signature};
    ///
    /// /// Answer the customer.
    /// #[signature]
    /// struct Reply {
    ///     #[input]
    ///     message: String,
    ///     /// Two sentences.
    ///     #[output]
    ///     reply: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// # let judged = "[[ ## reason ## ]]\nIt is polite.\n[[ ## score ## ]]\n1";
    /// # let cx = Context::new(Scripted::replies(["[[ ## reply ## ]]\nGladly!", judged]));
    /// let polite = Refine::with_metric(Predict::<Reply>::new(), 3, Judge::new("It is polite."));
    /// let reply = polite.call(&cx, ReplyInput { message: "May I send it back?".into() }).await?;
    /// assert_eq!((reply.reply.as_str(), reply.usage().calls), ("Gladly!", 2), "one of them is the judge's");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_metric<K: 'static>(
        program: P,
        n: usize,
        metric: impl Metric<P::Input, P::Output, K>,
    ) -> Self {
        Self::by(program, n, Reward::by(metric))
    }

    fn by(program: P, n: usize, reward: Reward<P::Input, P::Output>) -> Self {
        let mut name = "feedback";
        each(&program, |path, _, _| {
            if path.split(['.', '[']).next() == Some("feedback") {
                name = "feedback_";
            }
        });
        Self { program, feedback: Predict::new(), name, n: n.max(1), reward }
    }

    /// The reward that is good enough; 1 by default, which is what `true` is.
    #[must_use]
    pub fn threshold(mut self, reward: f64) -> Self {
        self.reward.threshold = reward;
        self
    }

    /// The program inside.
    pub fn program(&self) -> &P {
        &self.program
    }

    /// Returns the question to a model about the attempt that has just ended.
    fn question(
        &self,
        attempts: &Attempts<'_>,
        outcome: &Result<(P::Output, Score)>,
    ) -> Result<AdviseStepsInput> {
        let (came, reward) = match outcome {
            Ok((output, score)) => {
                let why = score.feedback.as_deref().map_or_else(String::new, |why| format!(": {why}"));
                (
                    output.to_record()?.to_string(),
                    format!("{}, where {} is wanted{why}", score.value, self.reward.threshold),
                )
            }
            Err(error) => ("nothing".to_owned(), format!("none, because it failed: {error:#}")),
        };
        let run = format!("{}what came out: {came}", steps(&attempts.trace()));
        Ok(AdviseStepsInput { program: outline_in_place(&self.program), run, reward })
    }
}

impl<P: Module> Module for Refine<P> {
    type Input = P::Input;
    type Output = P::Output;

    async fn forward(&self, cx: &Context, input: P::Input) -> Result<P::Output> {
        let (input, mut attempts) = (input.into_record()?, Attempts::new(cx));
        let (mut best, mut failures) = (Best::none(), Failures::default());
        let mut advice = BTreeMap::new();
        for place in 0..self.n {
            let trying = attempts.vary(place).scoped(|scope| scope.advised(std::mem::take(&mut advice)));
            let contexts = (&trying, &attempts.about());
            let outcome = self.reward.attempt(&self.program, contexts, input.clone()).await;
            let good = outcome.as_ref().is_ok_and(|(_, score)| self.reward.is_enough(score));
            let question = (!good && place + 1 < self.n).then(|| self.question(&attempts, &outcome));
            match outcome {
                Ok((output, score)) => best.offer(place, &score, output),
                Err(error) => failures.push(format!("attempt {}", place + 1), error)?,
            }
            let Some(question) = question.filter(|_| !failures.is_broke()) else { break };
            match self.feedback.call(&attempts.about(), question?).await {
                Ok(reply) => advice = reply.into_output().advice,
                Err(error) => failures.push(format!("the advice after attempt {}", place + 1), error)?,
            }
            if failures.is_broke() {
                break;
            }
        }
        best.choose(&mut attempts, failures)
    }
}

impl<P: Module> Predictors for Refine<P> {
    fn visit(&self, visit: &mut Visit<'_>) {
        let Self { n, reward, .. } = self;
        visit.part(Self::NAME, Self::CRATE, format!("{n} attempts with advice, {reward}"));
        visit.times(*n as u64, |visit| {
            self.program.visit(visit);
            reward.visit(visit);
        });
        visit.times(*n as u64 - 1, |visit| visit.field(self.name, &self.feedback));
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        self.program.visit_mut(visit);
        visit.field(self.name, &mut self.feedback);
    }
}

crate::module::inherent!([P: Module] Refine<P>, call);

impl<P: Module> Program for Refine<P> {
    const NAME: &'static str = "Refine";
}

impl<P: Module> Clone for Refine<P> {
    fn clone(&self) -> Self {
        Self {
            program: self.program.clone(),
            feedback: self.feedback.clone(),
            reward: self.reward.clone(),
            ..*self
        }
    }
}

impl<P: Module + fmt::Debug> fmt::Debug for Refine<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refine")
            .field("program", &self.program)
            .field("feedback", &self.feedback)
            .field("n", &self.n)
            .field("threshold", &self.reward.threshold)
            .finish_non_exhaustive()
    }
}
