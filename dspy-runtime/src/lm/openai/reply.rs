//! The reply of a chat completion, whole.

use serde::Deserialize;
use serde_json::Value;

use crate::lm::failure::Failure;
use crate::lm::provider::{Unread, json};
use crate::lm::{Choice, FinishReason, Reasoning, Response, TokenLogprob, ToolCall, TopLogprob, Usage};

#[derive(Deserialize)]
struct Completion {
    id: Option<String>,
    model: Option<String>,
    choices: Option<Vec<WireChoice>>,
    usage: Option<Tokens>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct WireChoice {
    message: Reply,
    finish_reason: Option<String>,
    logprobs: Option<Logprobs>,
}

/// What a message of the model, or a part of one in a stream, holds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    pub(super) content: Option<Content>,
    pub(super) refusal: Option<String>,
    /// DeepSeek, vLLM, llama.cpp.
    reasoning_content: Option<String>,
    /// OpenRouter, Groq, Ollama.
    reasoning: Option<String>,
    pub(super) tool_calls: Option<Vec<Call>>,
}

/// Text, or parts of it as Mistral gives them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<ContentPart>),
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ContentPart {
    Text {
        text: String,
    },
    Thinking {
        thinking: Vec<ContentPart>,
    },
    #[serde(other)]
    Other,
}

/// A call of a tool, or a part of one.
#[derive(Deserialize)]
pub(super) struct Call {
    pub(super) index: Option<usize>,
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) function: Function,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Function {
    pub(super) name: Option<String>,
    pub(super) arguments: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct Logprobs {
    pub(super) content: Option<Vec<Token>>,
}

#[derive(Deserialize)]
pub(super) struct Token {
    token: String,
    logprob: f64,
    #[serde(default)]
    top_logprobs: Vec<Top>,
}

#[derive(Deserialize)]
struct Top {
    token: String,
    logprob: f64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: Option<InputDetails>,
    completion_tokens_details: Option<OutputDetails>,
    /// DeepSeek's name for cached tokens.
    prompt_cache_hit_tokens: u64,
}

#[derive(Default, Deserialize)]
struct InputDetails {
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
}

#[derive(Default, Deserialize)]
struct OutputDetails {
    reasoning_tokens: Option<u64>,
}

/// Reads a whole completion.
pub(super) fn read(body: &[u8]) -> Result<Response, Unread> {
    let completion: Completion = json(body)?;
    if let Some(error) = completion.error.filter(|error| !error.is_null()) {
        return Err(Unread::Failed(Failure::of(&error)));
    }
    let mut choices = completion.choices.unwrap_or_default().into_iter();
    let first = choices.next().ok_or_else(|| Unread::Broken("it has no choices".to_owned()))?;
    if let Some(refusal) = first.message.refusal {
        return Err(Unread::Withheld(refusal));
    }
    let (text, thoughts) = first.message.texts();
    let mut response = Response::new(text);
    response.finish = finish(first.finish_reason.as_deref());
    response.reasoning = Some(thoughts).filter(|text| !text.is_empty()).map(Reasoning::new);
    response.tool_calls = first.message.tool_calls.into_iter().flatten().map(Call::whole).collect();
    response.logprobs = first.logprobs.map(Logprobs::tokens).unwrap_or_default();
    response.others = choices.map(WireChoice::other).collect();
    response.usage = completion.usage.unwrap_or_default().usage();
    (response.model, response.request_id) = (completion.model, completion.id);
    Ok(response)
}

impl WireChoice {
    fn other(self) -> Choice {
        let finish = match self.message.refusal {
            Some(_) => FinishReason::ContentFilter,
            None => finish(self.finish_reason.as_deref()),
        };
        Choice::new(self.message.texts().0, finish)
    }
}

impl Reply {
    /// What it says, and what it thinks.
    pub(super) fn texts(&self) -> (String, String) {
        let (mut text, mut thoughts) = (String::new(), String::new());
        match &self.content {
            Some(Content::Text(content)) => text.push_str(content),
            Some(Content::Parts(parts)) => parts.iter().for_each(|part| part.texts(&mut text, &mut thoughts)),
            None => {}
        }
        // Some servers give the same thoughts under both names.
        thoughts.extend(self.reasoning_content.as_deref().or(self.reasoning.as_deref()));
        (text, thoughts)
    }
}

impl ContentPart {
    fn texts(&self, said: &mut String, thought: &mut String) {
        match self {
            Self::Text { text } => said.push_str(text),
            Self::Thinking { thinking } => {
                let mut inner = String::new();
                thinking.iter().for_each(|part| part.texts(&mut inner, &mut String::new()));
                thought.push_str(&inner);
            }
            Self::Other => {}
        }
    }
}

impl Call {
    fn whole(self) -> ToolCall {
        let arguments = self.function.arguments.unwrap_or_default();
        let (id, name) = (self.id.unwrap_or_default(), self.function.name.unwrap_or_default());
        match arguments {
            Value::String(text) => ToolCall::read(id, name, &text),
            Value::Null => ToolCall::read(id, name, ""),
            object => ToolCall::new(id, name, object),
        }
    }
}

impl Logprobs {
    pub(super) fn tokens(self) -> Vec<TokenLogprob> {
        let top = |top: Top| TopLogprob::new(top.token, top.logprob);
        let token = |token: Token| TokenLogprob {
            top: token.top_logprobs.into_iter().map(top).collect(),
            ..TokenLogprob::new(token.token, token.logprob)
        };
        self.content.into_iter().flatten().map(token).collect()
    }
}

impl Tokens {
    pub(super) fn usage(&self) -> Usage {
        let input = self.prompt_tokens_details.as_ref();
        let cached = input.and_then(|details| details.cached_tokens).unwrap_or(self.prompt_cache_hit_tokens);
        // Some servers count thoughts in the total alone.
        let output = self.total_tokens.saturating_sub(self.prompt_tokens).max(self.completion_tokens);
        Usage {
            calls: 1,
            input_tokens: self.prompt_tokens,
            output_tokens: output,
            cached_input_tokens: cached,
            cache_write_tokens: input.and_then(|details| details.cache_write_tokens).unwrap_or_default(),
            reasoning_tokens: self
                .completion_tokens_details
                .as_ref()
                .and_then(|details| details.reasoning_tokens)
                .unwrap_or_default(),
            ..Usage::default()
        }
    }
}

/// Why a reply ended, from the provider's word.
pub(super) fn finish(reason: Option<&str>) -> FinishReason {
    match reason {
        None | Some("stop" | "eos") => FinishReason::Stop,
        Some("length" | "model_length") => FinishReason::Length,
        Some("content_filter") => FinishReason::ContentFilter,
        Some("tool_calls" | "function_call") => FinishReason::ToolCalls,
        Some(other) => FinishReason::Other(other.to_owned()),
    }
}
