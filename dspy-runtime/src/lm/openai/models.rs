//! What single models of a server do not take, by their names.

use crate::lm::provider::Parameter::{
    self, FrequencyPenalty, Logprobs, PresencePenalty, ReasoningEffort, Stop, Temperature, TopP,
};
use crate::lm::{Effort, ModelId, Request};

/// Whether the model takes a parameter as it is set.
pub(in crate::lm) fn takes(id: &ModelId, parameter: Parameter, request: &Request) -> bool {
    let name = id.name();
    match id.provider() {
        "openai" | "openai-responses" if reasons(id) => openai_reasoning(name, parameter, request),
        "openai" | "openai-responses" => {
            parameter != ReasoningEffort || !is_any(name, &["gpt-3", "gpt-4", "chatgpt-"])
        }
        "deepseek" if name == "deepseek-reasoner" => {
            !matches!(parameter, Temperature | TopP | FrequencyPenalty | PresencePenalty | Logprobs)
        }
        "xai" if is_any(name, &["grok-4", "grok-3-mini"]) && !name.contains("non-reasoning") => {
            !matches!(parameter, FrequencyPenalty | PresencePenalty | Stop)
        }
        _ => true,
    }
}

/// Whether it is one of OpenAI's models that reason, which have names and limits of their own for much.
pub(super) fn reasons(id: &ModelId) -> bool {
    let name = id.name();
    let numbered = name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let is_gpt = name.starts_with("gpt-5") && !name.contains("-chat");
    matches!(id.provider(), "openai" | "openai-responses") && (numbered || is_gpt)
}

/// Drawn only one way, except by the newer ones when they are told not to reason.
fn openai_reasoning(name: &str, parameter: Parameter, request: &Request) -> bool {
    let sampling = &request.sampling;
    let is_newer = name.starts_with("gpt-5.");
    let thinks = !is_newer || sampling.reasoning_effort != Some(Effort::None);
    let is_one = |value: Option<f64>| value == Some(1.0);
    match parameter {
        Temperature => is_one(sampling.temperature) || !thinks,
        TopP => is_one(sampling.top_p) || !thinks,
        Logprobs => !thinks,
        FrequencyPenalty | PresencePenalty => false,
        Stop => !is_any(name, &["o3", "o4-mini", "gpt-5"]),
        _ => true,
    }
}

fn is_any(name: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| name.starts_with(start))
}
