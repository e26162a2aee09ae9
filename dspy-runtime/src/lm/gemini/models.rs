//! The limits of the protocol and its models.

use serde_json::{Value, json};

use crate::lm::provider::Parameter::{
    self, CacheTtl, ChatTemplateKwargs, Logprobs, N, ParallelToolCalls, ReasoningEffort, Stop, Verbosity,
};
use crate::lm::{Effort, Request, Rules, Thinking};

/// Returns whether the protocol and the model take a parameter as it is set.
pub(super) fn takes(rules: &Rules, parameter: Parameter, request: &Request) -> bool {
    let sampling = &request.sampling;
    let has_word = match parameter {
        CacheTtl | ChatTemplateKwargs | ParallelToolCalls | Verbosity => false,
        ReasoningEffort => sampling.reasoning_effort.is_some_and(|effort| thinking(rules, effort).is_some()),
        Stop => sampling.stop.len() <= 5,
        N => sampling.n.is_some_and(|n| n <= 8),
        Logprobs => sampling.logprobs.is_some_and(|top| top <= 20),
        _ => true,
    };
    has_word && rules.take(parameter, request)
}

/// Returns the thinking setting of a model, if it has one.
pub(super) fn thinking(rules: &Rules, effort: Effort) -> Option<(&'static str, Value)> {
    let budget = match effort {
        Effort::None => Some(0),
        Effort::Minimal | Effort::Low => Some(1_024),
        Effort::Medium => Some(8_192),
        Effort::High => Some(24_576),
        Effort::XHigh | Effort::Max => None,
    };
    match rules.thinking {
        Thinking::None => None,
        Thinking::Budget => budget.map(|tokens| ("thinkingBudget", json!(tokens))),
        // There is no word for these.
        Thinking::Adaptive | Thinking::Either if matches!(effort, Effort::None | Effort::Max) => None,
        Thinking::Adaptive | Thinking::Either => Some(("thinkingLevel", json!(effort))),
    }
}
