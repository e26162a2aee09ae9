//! An answer of the crate as a reply.

use ::genai::chat::{ChatResponse, StopReason, Usage as Tokens};
use serde_json::json;

use crate::lm::finish::CHAT;
use crate::lm::provider::Unread;
use crate::lm::{FinishReason, Reasoning, Response, ToolCall, Usage};

/// The reply of an answer.
pub(super) fn response(answer: ChatResponse) -> Result<Response, Unread> {
    let mut response = Response::new(answer.texts().concat());
    response.finish = answer.stop_reason.as_ref().map_or(Ok(FinishReason::Stop), finish)?;
    response.usage = usage(&answer.usage);
    response.model = Some(answer.provider_model_iden.model_name.to_string());
    (response.id, response.request_id) = (answer.response_id.clone(), answer.response_id.clone());
    response.reasoning = answer.reasoning_content.clone().filter(|text| !text.is_empty()).map(Reasoning::new);
    response.tool_calls = answer.into_tool_calls().into_iter().map(call).collect();
    Ok(response)
}

fn call(call: ::genai::chat::ToolCall) -> ToolCall {
    let state = call.thought_signatures.map(|signatures| json!({"genai": signatures}));
    ToolCall { state, ..ToolCall::new(call.call_id, call.fn_name, call.fn_arguments) }
}

/// The crate knows some words of each provider; the rest are read as those of chat completions.
fn finish(reason: &StopReason) -> Result<FinishReason, Unread> {
    Ok(match reason {
        StopReason::Completed(_) | StopReason::StopSequence(_) => FinishReason::Stop,
        StopReason::MaxTokens(_) => FinishReason::Length,
        StopReason::ToolCall(_) => FinishReason::ToolCalls,
        StopReason::ContentFilter(_) => FinishReason::ContentFilter,
        StopReason::Other(word) => CHAT.read(Some(word))?,
    })
}

fn usage(tokens: &Tokens) -> Usage {
    let count =
        |number: Option<i32>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default();
    let (input, output) = (tokens.prompt_tokens_details.as_ref(), tokens.completion_tokens_details.as_ref());
    Usage {
        calls: 1,
        input_tokens: count(tokens.prompt_tokens),
        output_tokens: count(tokens.completion_tokens),
        cached_input_tokens: count(input.and_then(|details| details.cached_tokens)),
        cache_write_tokens: count(input.and_then(|details| details.cache_creation_tokens)),
        reasoning_tokens: count(output.and_then(|details| details.reasoning_tokens)),
        ..Usage::default()
    }
}
