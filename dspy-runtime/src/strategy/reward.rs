//! How good one attempt is.

use std::sync::Arc;

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::module::Module;
use crate::score::{IntoScore, Score};
use crate::signature::Fields;
use crate::value::Record;

/// What a strategy judges attempts by; a cheap clone.
pub(super) struct Reward<I, O>(Arc<Judge<I, O>>);

type Judge<I, O> = dyn Fn(&I, &O) -> Result<Score> + Send + Sync;

impl<I, O> Reward<I, O> {
    pub(super) fn new<T: IntoScore>(reward: impl Fn(&I, &O) -> T + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |input, output| reward(input, output).into_score()))
    }

    /// Makes an attempt and judges it.
    pub(super) async fn attempt<P>(&self, program: &P, cx: &Context, input: Record) -> Result<(O, Score)>
    where
        P: Module<Input = I, Output = O>,
        I: Fields,
    {
        let output = program.forward(cx, I::from_record(input.clone())?).await?;
        let score = self.of(&I::from_record(input)?, &output)?;
        Ok((output, score))
    }

    /// The reward of an attempt, which is a number.
    fn of(&self, input: &I, output: &O) -> Result<Score> {
        let failed = |error: Error| Error::new(ErrorKind::Metric, format!("the reward failed: {error:#}"));
        let score = (self.0)(input, output).map_err(failed)?;
        if score.value.is_finite() {
            return Ok(score);
        }
        let message = format!("the reward is {}, which is not a score", score.value);
        Err(Error::new(ErrorKind::Metric, message))
    }
}

impl<I, O> Clone for Reward<I, O> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}
