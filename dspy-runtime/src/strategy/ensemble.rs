//! Several programs of one type that answer together.

use std::fmt;
use std::sync::Arc;

use super::majority::majority_of;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::module::{Module, Predictors, Program, Visit, VisitMut};
use crate::signature::Fields;
use crate::value::Record;
use dspy_numbers::random::Keyed;

/// The function that makes one output of those of several programs.
type Reduce<O> = Arc<dyn Fn(Vec<O>) -> Result<O> + Send + Sync>;

/// Runs several programs on the same input at the same time and gives the output that most of them agree on.
///
/// By default they vote by their last output field as [`majority`](super::majority) has it; the whole output of
/// the first of the majority is given. A program that fails has no vote; if all fail, the first failure is the ensemble's. Each call costs
/// what the programs cost together. Predictors are found by path, as `programs[0].triage`.
///
/// Use it where the best few candidates of a search err on different rows:
/// [`Compiled::ensemble`](crate::Compiled::ensemble) makes one of them. After `Ensemble` of DSPy 3, whose
/// random choice of programs cannot be repeated; here the seed and the input decide.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::strategy::Ensemble;
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
/// let replies = ["[[ ## word ## ]]\nLyon", "[[ ## word ## ]]\nParis", "[[ ## word ## ]]\nparis"];
/// let cx = Context::new(Scripted::replies(replies));
/// let ensemble = Ensemble::new(vec![Predict::<Answer>::new(); 3]);
/// let reply = ensemble.call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!(reply.word, "Paris");
/// # Ok(())
/// # }
/// ```
pub struct Ensemble<P: Module> {
    programs: Vec<P>,
    size: Option<usize>,
    seed: u64,
    field: Option<String>,
    reduce: Option<Reduce<P::Output>>,
}

impl<P: Module> Ensemble<P> {
    /// Makes an ensemble of these programs, by majority.
    #[must_use]
    pub fn new(programs: Vec<P>) -> Self {
        Self { programs, size: None, seed: 0, field: None, reduce: None }
    }

    /// Runs only so many of the programs at each call; which, follows from the seed and the input.
    #[must_use]
    pub fn size(mut self, programs: usize) -> Self {
        self.size = Some(programs);
        self
    }

    /// The seed of the choice of programs; 0 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The output field by which the programs vote; the last one by default.
    #[must_use]
    pub fn vote_on(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Makes one output of those of the programs that did not fail, in their order, instead of a vote.
    #[must_use]
    pub fn reduce(
        mut self,
        reduce: impl Fn(Vec<P::Output>) -> Result<P::Output> + Send + Sync + 'static,
    ) -> Self {
        self.reduce = Some(Arc::new(reduce));
        self
    }

    /// The programs.
    pub fn programs(&self) -> &[P] {
        &self.programs
    }

    /// The places of the programs that a call runs, in their order.
    fn chosen(&self, input: &Record) -> Result<Vec<usize>> {
        let all = self.programs.len();
        let size = self.size.unwrap_or(all);
        if size >= all {
            return Ok((0..all).collect());
        }
        let print = fingerprint::of(&serde_json::to_value(input)?);
        let mut chosen = Keyed::new(self.seed, &["ensemble", &print]).sample(all, size);
        chosen.sort_unstable();
        Ok(chosen)
    }
}

fn nothing() -> Error {
    Error::declaration("an ensemble of no programs has no output")
}

impl<P: Module> Module for Ensemble<P> {
    type Input = P::Input;
    type Output = P::Output;

    async fn forward(&self, cx: &Context, input: P::Input) -> Result<P::Output> {
        let input = input.to_record()?;
        let runs = self.chosen(&input)?.into_iter().map(|place| {
            let (program, input) = (&self.programs[place], input.clone());
            async move { program.forward(cx, P::Input::from_record(input)?).await }
        });
        let (mut outputs, mut failed) = (Vec::new(), None);
        for outcome in futures_util::future::join_all(runs).await {
            match outcome {
                Ok(output) => outputs.push(output),
                // Not to be outvoted: nothing that is asked after it can be paid for.
                Err(error) if error.is_budget() => return Err(error),
                Err(error) => drop(failed.get_or_insert(error)),
            }
        }
        match (outputs.is_empty(), &self.reduce) {
            (true, _) => Err(failed.unwrap_or_else(nothing)),
            (false, Some(reduce)) => reduce(outputs),
            (false, None) => {
                let place = majority_of(&outputs, self.field.as_deref())?;
                place.and_then(|place| outputs.into_iter().nth(place)).ok_or_else(nothing)
            }
        }
    }
}

impl<P: Module> Predictors for Ensemble<P> {
    fn visit(&self, visit: &mut Visit<'_>) {
        let Self { size, seed, field, reduce, .. } = self;
        let reduces = reduce.is_some();
        visit.part(
            Self::NAME,
            Self::CRATE,
            format!("{size:?} of them, seed {seed}, vote on {field:?}, reduce {reduces}"),
        );
        visit.field("programs", &self.programs);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.field("programs", &mut self.programs);
    }
}

crate::module::inherent!([P: Module] Ensemble<P>, call);

impl<P: Module> Program for Ensemble<P> {
    const NAME: &'static str = "Ensemble";
}

impl<P: Module> Clone for Ensemble<P> {
    fn clone(&self) -> Self {
        Self {
            programs: self.programs.clone(),
            size: self.size,
            seed: self.seed,
            field: self.field.clone(),
            reduce: self.reduce.clone(),
        }
    }
}

impl<P: Module> fmt::Debug for Ensemble<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ensemble")
            .field("programs", &self.programs.len())
            .field("size", &self.size)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
