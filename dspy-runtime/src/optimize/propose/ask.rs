//! Several questions to a proposing model at once.

use crate::context::Context;
use crate::error::Result;
use crate::module;
use crate::predict::Predict;
use crate::signature::Signature;

/// Asks all of them at the same time; the answers are in their order.
///
/// A question is an input and its rollout: equal questions with other rollouts are wanted to be answered
/// otherwise. A question that could not be answered has an error in its place.
pub(in crate::optimize) async fn ask<S: Signature>(
    cx: &Context,
    name: &str,
    questions: Vec<(S::Input, u64)>,
) -> Vec<Result<S::Output>> {
    let predict = Predict::<S>::new();
    module::each(&predict, |_, predictor, _| predictor.name(name));
    let asked = questions.into_iter().map(|(input, rollout)| {
        let (predict, cx) = (&predict, cx.with_temperature(1.0).with_rollout(rollout));
        async move { predict.call(&cx, input).await.map(|answer| answer.into_output()) }
    });
    futures_util::future::join_all(asked).await
}
