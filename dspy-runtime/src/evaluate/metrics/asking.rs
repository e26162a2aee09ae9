//! Metrics that ask a model.

use crate::context::Context;
use crate::error::Result;
use crate::lm::Lm;
use crate::module;
use crate::predict::Predict;
use crate::signature::Signature;

/// The model that a metric asks, and its name.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    /// The path in histories and journals.
    name: &'static str,
    /// Its own model; else that of the context.
    pub(super) lm: Option<Lm>,
}

impl Asking {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, lm: None }
    }

    /// The answer to one question by a signature.
    pub(super) async fn ask<S: Signature>(&self, cx: &Context, input: S::Input) -> Result<S::Output> {
        let cx = self.lm.as_ref().map_or_else(|| cx.clone(), |lm| cx.with_lm(lm.clone()));
        let predict = Predict::<S>::new();
        module::each(&predict, |_, predictor, _| predictor.name(self.name));
        predict.call(&cx, input).await.map(|answer| answer.into_output())
    }

    /// The most calls that one question takes.
    pub(super) fn calls(&self, cx: &Context) -> u64 {
        cx.settings().calls_with(cx.adapter()).1
    }

    /// The name of the metric, with what tells it from others and the model that it asks, if it has its own.
    pub(super) fn name(&self, of: Option<&str>) -> String {
        let by = self.lm.as_ref().map(|lm| format!("by {}", lm.id()));
        match of.map(str::to_owned).into_iter().chain(by).collect::<Vec<_>>() {
            said if said.is_empty() => self.name.to_owned(),
            said => format!("{}({})", self.name, said.join(" ")),
        }
    }
}
