//! The reward that judges the attempts of a strategy, and the best of them.

use std::fmt;

use super::attempts::{Attempts, Failures};
use crate::context::Context;
use crate::error::Result;
use crate::metric::{AnyMetric, Case, Metric};
use crate::module::{Module, Visit};
use crate::score::{IntoScore, Score};
use crate::signature::Fields;
use crate::trace::Trace;
use crate::value::Record;

/// The judge of attempts, and the reward that is good enough.
pub(super) struct Reward<I, O> {
    metric: AnyMetric<I, O>,
    pub(super) threshold: f64,
    /// Tells whether the shape of a program names the metric: a closure has no name that stays.
    is_named: bool,
}

impl<I: Fields, O: Fields> Reward<I, O> {
    /// A closure of the inputs and the outputs.
    pub(super) fn of<T: IntoScore>(reward: impl Fn(&I, &O) -> T + Send + Sync + 'static) -> Self {
        // The score is made here: what a closure gives is then of one type, and of one shape.
        let metric = move |input: &I, output: &O| reward(input, output).into_score();
        Self { metric: AnyMetric::new(metric), threshold: 1.0, is_named: false }
    }

    /// A metric, for which the inputs are the row.
    pub(super) fn by<K: 'static>(metric: impl Metric<I, O, K>) -> Self {
        Self { metric: AnyMetric::new(metric), threshold: 1.0, is_named: true }
    }

    pub(super) fn is_enough(&self, score: &Score) -> bool {
        score.value >= self.threshold
    }

    /// Makes an attempt in the first context and judges it in the second.
    pub(super) async fn attempt<P: Module<Input = I, Output = O>>(
        &self,
        program: &P,
        (trying, judging): (&Context, &Context),
        input: Record,
    ) -> Result<(O, Score)> {
        let output = program.forward(trying, I::from_record(input.clone())?).await?;
        let input = I::from_record(input)?;
        let trace = trying.scope().recorder().map_or_else(Trace::default, |recorder| recorder.trace());
        let score = self.metric.reward(Case::new(judging, &input, &output, &trace)).await?;
        Ok((output, score))
    }

    /// Visits the calls that judging an attempt takes.
    pub(super) fn visit(&self, visit: &mut Visit<'_>) {
        let metric = self.metric.clone();
        visit.judge(move |cx| metric.calls(cx));
    }
}

impl<I, O> Clone for Reward<I, O> {
    fn clone(&self) -> Self {
        Self { metric: self.metric.clone(), ..*self }
    }
}

/// The description of a program by its shape.
impl<I, O> fmt::Display for Reward<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "threshold {}", self.threshold)?;
        if self.is_named { write!(f, ", by {}", self.metric) } else { Ok(()) }
    }
}

/// The best attempt so far, the earliest of equals: which one, its reward, and what it gave.
pub(super) struct Best<O>(Option<(usize, f64, O)>);

impl<O> Best<O> {
    pub(super) fn none() -> Self {
        Self(None)
    }

    pub(super) fn offer(&mut self, place: usize, score: &Score, output: O) {
        if self.0.as_ref().is_none_or(|(_, best, _)| score.value > *best) {
            self.0 = Some((place, score.value, output));
        }
    }

    /// Returns the chosen attempt, and the error of all attempts where there is none.
    pub(super) fn choose(self, attempts: &mut Attempts<'_>, failures: Failures) -> Result<O> {
        let Some((place, _, output)) = self.0 else {
            return Err(failures.into_error("every attempt"));
        };
        attempts.choose(place);
        Ok(output)
    }
}
