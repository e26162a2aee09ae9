//! Questions of metrics to a model.

use std::marker::PhantomData;

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::Lm;
use crate::module;
use crate::predict::Predict;
use crate::signature::Signature;

/// One question by a signature.
pub(super) struct Asked<S>(PhantomData<S>);

impl<S: Signature> Asked<S> {
    /// The answer of the given model, else of the context's. The name is the path in histories and journals.
    pub(super) async fn of(cx: &Context, lm: Option<&Lm>, name: &str, input: S::Input) -> Result<S::Output> {
        let cx = lm.map_or_else(|| cx.clone(), |lm| cx.with_lm(lm.clone()));
        let predict = Predict::<S>::new();
        module::each(&predict, |_, predictor, _| predictor.name(name));
        predict.call(&cx, input).await.map(|answer| answer.into_output())
    }
}

/// A metric that asks a model was called without a context.
pub(super) fn no_model(metric: &str) -> Error {
    let message = format!("`{metric}` asks a model, so it is called with a context: `score_in`");
    Error::new(ErrorKind::NotConfigured, message)
}
