//! What single models take and give, by their names.

use crate::lm::provider::Parameter::{
    self, FrequencyPenalty, Logprobs, N, PresencePenalty, ReasoningEffort, Seed, Temperature, TopP,
};
use crate::lm::{Effort, JsonSupport, Request};

/// Models from before schemas, of which one also has dates right after its number.
const OLD: [&str; 4] = ["claude-2", "claude-3", "claude-sonnet-4-0", "claude-opus-4-0"];
const OLD_DATED: [&str; 2] = ["claude-sonnet-4-2025", "claude-opus-4-2025"];
/// Models from before effort.
const PLAIN: [&str; 3] = ["claude-opus-4-1", "claude-sonnet-4-5", "claude-haiku-4-5"];
/// Models that take temperature or `top_p` and not both.
const EITHER: [&str; 7] = [
    "claude-opus-4-1",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-sonnet-4-6",
    "claude-haiku-4-6",
];

/// Models that draw their replies in one way alone, and think as they see fit.
const ADAPTIVE: [&str; 5] =
    ["claude-opus-4-7", "claude-opus-4-8", "claude-opus-5", "claude-mythos", "claude-fable"];

/// The longest reply that a model gives.
pub(super) fn longest_reply(name: &str) -> u32 {
    const LIMITS: [(&str, u32); 7] = [
        ("claude-2", 4_096),
        ("claude-3-5", 8_192),
        ("claude-3-7", 64_000),
        ("claude-3", 4_096),
        ("claude-opus-4-0", 32_000),
        ("claude-opus-4-1", 32_000),
        ("claude-opus-4-2025", 32_000),
    ];
    LIMITS.iter().find(|(start, _)| name.starts_with(start)).map_or(64_000, |(_, limit)| *limit)
}

/// How far a model can be held to JSON.
pub(super) fn json(name: &str) -> JsonSupport {
    if is_old(name) { JsonSupport::None } else { JsonSupport::Schema }
}

/// Whether a model takes a parameter as it is set.
pub(super) fn takes(name: &str, parameter: Parameter, request: &Request) -> bool {
    let sampling = &request.sampling;
    match parameter {
        Seed | N | Logprobs | FrequencyPenalty | PresencePenalty => false,
        ReasoningEffort => {
            let has_word = !matches!(sampling.reasoning_effort, Some(Effort::None | Effort::Minimal));
            has_word && !is_old(name) && !is_any(name, &PLAIN)
        }
        Temperature | TopP if is_any(name, &ADAPTIVE) => false,
        Temperature => sampling.temperature.is_none_or(|value| (0.0..=1.0).contains(&value)),
        TopP => sampling.temperature.is_none() || !is_any(name, &EITHER),
        _ => true,
    }
}

fn is_old(name: &str) -> bool {
    is_any(name, &OLD) || is_any(name, &OLD_DATED)
}

fn is_any(name: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| name.starts_with(start))
}
