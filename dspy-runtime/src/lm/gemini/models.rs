//! What single models take, by their names.

use serde_json::{Value, json};

use crate::lm::provider::Parameter::{self, Logprobs, N, ReasoningEffort, Stop};
use crate::lm::{Effort, Request};

/// Whether a model takes a parameter as it is set.
pub(super) fn takes(name: &str, parameter: Parameter, request: &Request) -> bool {
    let sampling = &request.sampling;
    match parameter {
        ReasoningEffort => sampling.reasoning_effort.is_some_and(|effort| thinking(name, effort).is_some()),
        Stop => sampling.stop.len() <= 5,
        N => sampling.n.is_some_and(|n| n <= 8),
        Logprobs => sampling.logprobs.is_some_and(|top| top <= 20),
        _ => true,
    }
}

/// How a model is told how long to think, if it can be told.
pub(super) fn thinking(name: &str, effort: Effort) -> Option<(&'static str, Value)> {
    if name.starts_with("gemini-2.5") {
        let tokens = match effort {
            // The larger one cannot help thinking.
            Effort::None if !name.contains("pro") => 0,
            Effort::Minimal | Effort::Low => 1_024,
            Effort::Medium => 8_192,
            Effort::High => 24_576,
            _ => return None,
        };
        return Some(("thinkingBudget", json!(tokens)));
    }
    let is_older = ["gemini-1", "gemini-2", "gemma"].iter().any(|start| name.starts_with(start));
    let has_word = matches!(effort, Effort::Minimal | Effort::Low | Effort::Medium | Effort::High);
    (has_word && !is_older).then(|| ("thinkingLevel", json!(effort)))
}
