//! A request in the crate's types.

use std::sync::Arc;

use ::genai::chat::{
    ChatMessage, ChatOptions, ChatRequest, ChatResponseFormat, ChatRole, ContentPart, JsonSpec,
    MessageContent, ReasoningEffort, Tool, ToolCall, ToolChoice, ToolResponse,
};

use crate::lm::{self, Author, Effort, Message, Part, Request, ResponseFormat};

/// The messages and tools.
pub(super) fn chat(request: &Request) -> ChatRequest {
    let chat = ChatRequest::from_messages(request.messages.iter().map(message).collect());
    match request.tools.is_empty() {
        true => chat,
        false => chat.with_tools(request.tools.iter().map(tool)),
    }
}

/// Returns the sampling options of the reply.
pub(super) fn options(request: &Request) -> ChatOptions {
    let sampling = &request.sampling;
    ChatOptions {
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        max_tokens: sampling.max_tokens,
        seed: sampling.seed,
        stop_sequences: sampling.stop.clone(),
        reasoning_effort: sampling.reasoning_effort.and_then(effort),
        response_format: match &request.format {
            ResponseFormat::Text => None,
            ResponseFormat::JsonObject => Some(ChatResponseFormat::JsonMode),
            ResponseFormat::JsonSchema(format) => {
                Some(JsonSpec::new(format.name.clone(), format.schema.clone()).into())
            }
        },
        tool_choice: request.tool_choice.as_ref().map(|choice| match choice {
            lm::ToolChoice::Auto => ToolChoice::Auto,
            lm::ToolChoice::None => ToolChoice::None,
            lm::ToolChoice::Required => ToolChoice::Required,
            lm::ToolChoice::Named(name) => ToolChoice::tool(name),
        }),
        ..ChatOptions::default()
    }
}

/// The crate's word, if it has one.
pub(super) fn effort(effort: Effort) -> Option<ReasoningEffort> {
    match effort {
        Effort::None => Some(ReasoningEffort::Zero),
        Effort::Minimal => None,
        Effort::Low => Some(ReasoningEffort::Low),
        Effort::Medium => Some(ReasoningEffort::Medium),
        Effort::High => Some(ReasoningEffort::High),
        Effort::XHigh => Some(ReasoningEffort::XHigh),
        Effort::Max => Some(ReasoningEffort::Max),
    }
}

fn message(message: &Message) -> ChatMessage {
    let role = match message.author() {
        Author::System => ChatRole::System,
        Author::User => ChatRole::User,
        Author::Assistant => ChatRole::Assistant,
        Author::Tool => ChatRole::Tool,
    };
    if let Some(answered) = message.answered() {
        let response = ToolResponse::new(&answered.id, message.text()).with_fn_name(&answered.name);
        return ChatMessage::new(role, response);
    }
    let calls = message.tool_calls().iter().map(|call| ContentPart::ToolCall(self::call(call)));
    let parts: Vec<ContentPart> = message.parts().map(part).chain(calls).collect();
    ChatMessage::new(role, MessageContent::from(parts))
}

fn part(part: Part<'_>) -> ContentPart {
    let media = match part {
        Part::Text(text) => return ContentPart::from_text(text),
        Part::Media(media) => media,
    };
    let base64: Arc<str> = media.base64().unwrap_or_default().into();
    ContentPart::from_binary_base64(media.media_type().unwrap_or_default(), base64, media.file_name())
}

fn call(call: &lm::ToolCall) -> ToolCall {
    let signatures = call.state.as_ref().and_then(|state| state.get("genai")?.as_array());
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    ToolCall {
        call_id: call.id.clone(),
        fn_name: call.name.clone(),
        fn_arguments: call.arguments.clone(),
        thought_signatures: signatures.map(|all| all.iter().filter_map(text).collect()),
    }
}

fn tool(tool: &lm::ToolSpec) -> Tool {
    Tool::new(tool.name.as_str())
        .with_description(tool.description.as_str())
        .with_schema(tool.object().into_owned())
}
