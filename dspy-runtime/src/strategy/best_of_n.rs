//! The best of several attempts.

use std::fmt;

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, StreamExt};

use super::attempts::{Attempts, Failures};
use super::reward::{Best, Reward};
use crate::context::Context;
use crate::error::Result;
use crate::metric::Metric;
use crate::module::shape::Shape;
use crate::module::{Module, Predictors, Program, Visit, VisitMut};
use crate::score::IntoScore;
use crate::signature::Fields;

/// Runs a program up to `n` times on the same input and gives the output with the highest reward.
///
/// It stops at the first attempt whose reward reaches the [`threshold`](Self::threshold); of attempts with the
/// same reward it gives the earliest. The first attempt runs as the context is; the others are rollouts of
/// their own, at temperature 1 where the context sets none and at 0.7 where it sets one below 0.1, as they would come
/// to the same again, and with a [seed](crate::lm::Sampling::seed) of their own where one is set. An attempt that fails, or whose reward does, has no
/// reward. If all fail, the error lists each of them. Where the budget is spent, the best attempt so far is given, or
/// else the error.
///
/// Each call costs from one to `n` times the calls of the program, which the plans of searches allow for. Predictors
/// keep the paths that they have in the program, so that an artifact of the program alone is one of this, too. All
/// attempts are in the trace, with a [`Note::Attempt`](crate::trace::Note::Attempt) that says which one was chosen. A
/// [stream](Module::stream) shows the prediction and no fields before it, as they may be of an attempt that is not
/// chosen. After `BestOfN` of DSPy 3, which gives nothing where all attempts fail.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::strategy::BestOfN;
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
/// let replies = ["the city of Paris", "Paris", "Lyon"].map(|word| format!("[[ ## word ## ]]\n{word}"));
/// let cx = Context::new(Scripted::replies(replies));
/// let is_word = |_: &AnswerInput, out: &AnswerOutput| !out.word.contains(' ');
/// let answer = BestOfN::new(Predict::<Answer>::new(), 3, is_word);
/// let reply = answer.call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!(reply.word, "Paris");
/// assert_eq!(reply.usage().calls, 2, "a third attempt is not needed");
/// # Ok(())
/// # }
/// ```
pub struct BestOfN<P: Module> {
    program: P,
    n: usize,
    concurrency: usize,
    reward: Reward<P::Input, P::Output>,
}

impl<P: Module> BestOfN<P> {
    /// The best of up to `n` attempts, at least one, by a reward: a closure of the inputs and the outputs that gives
    /// `bool`, `f64` or [`Score`](crate::Score), or a `Result` of one of them.
    #[must_use]
    pub fn new<T: IntoScore>(
        program: P,
        n: usize,
        reward: impl Fn(&P::Input, &P::Output) -> T + Send + Sync + 'static,
    ) -> Self {
        Self::by(program, n, Reward::of(reward))
    }

    /// The best of up to `n` attempts, at least one, by a metric, for which the inputs are the row.
    ///
    /// A metric that asks a model asks that of the context. Its calls are part of what a call of this costs, in plans,
    /// budgets and usage, and its steps are in the trace.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::evaluate::metrics::Judge;
    /// # use dspy::lm::Scripted;
    /// use dspy::strategy::BestOfN;
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
    /// let polite = BestOfN::with_metric(Predict::<Reply>::new(), 3, Judge::new("It is polite."));
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
        Self { program, n: n.max(1), concurrency: 1, reward }
    }

    /// The reward that is good enough; 1 by default, which is what `true` is.
    #[must_use]
    pub fn threshold(mut self, reward: f64) -> Self {
        self.reward.threshold = reward;
        self
    }

    /// Sets the number of attempts that run at once; 1 by default.
    ///
    /// The output does not depend on it. The cost does: attempts that are under way when an earlier one reaches the
    /// threshold are cancelled, and what they have cost until then is counted.
    #[must_use]
    pub fn concurrency(mut self, attempts: usize) -> Self {
        self.concurrency = attempts.max(1);
        self
    }

    /// The program inside.
    pub fn program(&self) -> &P {
        &self.program
    }
}

impl<P: Module> Module for BestOfN<P> {
    type Input = P::Input;
    type Output = P::Output;

    async fn forward(&self, cx: &Context, input: P::Input) -> Result<P::Output> {
        let (input, mut attempts) = (input.into_record()?, Attempts::new(cx));
        let (mut best, mut failures) = (Best::none(), Failures::default());
        let begin = |place| -> BoxFuture<'_, _> {
            let (trying, judging, input) = (attempts.vary(place), attempts.about(), input.clone());
            async move { self.reward.attempt(&self.program, (&trying, &judging), input).await }.boxed()
        };
        let mut ended = stream::iter((0..self.n).map(begin)).buffered(self.concurrency).enumerate();
        while let Some((place, outcome)) = ended.next().await {
            match outcome {
                Ok((output, score)) => {
                    best.offer(place, &score, output);
                    if self.reward.is_enough(&score) {
                        break;
                    }
                }
                Err(error) => {
                    failures.push(format!("attempt {}", place + 1), error)?;
                    if failures.is_broke() {
                        break;
                    }
                }
            }
        }
        drop(ended);
        best.choose(&mut attempts, failures)
    }
}

impl<P: Module> Predictors for BestOfN<P> {
    const SHAPE: Shape = P::SHAPE;

    fn visit(&self, visit: &mut Visit<'_>) {
        let Self { n, reward, .. } = self;
        visit.part(Self::NAME, Self::CRATE, format!("best of {n}, {reward}"));
        visit.times(*n as u64, |visit| {
            self.program.visit(visit);
            reward.visit(visit);
        });
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        self.program.visit_mut(visit);
    }
}

crate::module::inherent!([P: Module] BestOfN<P>, call);

impl<P: Module> Program for BestOfN<P> {
    const NAME: &'static str = "BestOfN";
}

impl<P: Module> Clone for BestOfN<P> {
    fn clone(&self) -> Self {
        Self { program: self.program.clone(), reward: self.reward.clone(), ..*self }
    }
}

impl<P: Module + fmt::Debug> fmt::Debug for BestOfN<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BestOfN")
            .field("program", &self.program)
            .field("n", &self.n)
            .field("threshold", &self.reward.threshold)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
