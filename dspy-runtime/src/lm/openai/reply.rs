//! The reply of a chat completion, whole.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::details::Details;
use super::tokens::{Counted, InputDetails, OutputDetails, Token, failed};
use crate::lm::aside::{count, or_none, tier};
use crate::lm::finish::CHAT;
use crate::lm::provider::{self, Unread};
use crate::lm::{Choice, FinishReason, Response, ServiceTier, TokenLogprob, ToolCall, Usage};

#[derive(Deserialize)]
struct Completion {
    choices: Option<Vec<WireChoice>>,
    #[serde(flatten)]
    about: About,
}

/// The values besides the choices, in a stream as well.
#[derive(Default, Deserialize)]
pub(super) struct About {
    #[serde(default, deserialize_with = "or_none")]
    pub(super) id: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) model: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    pub(super) usage: Option<Tokens>,
    #[serde(default, deserialize_with = "tier")]
    pub(super) service_tier: Option<ServiceTier>,
    /// llama.cpp's server.
    timings: Option<IgnoredAny>,
    error: Option<Value>,
    /// `error` where vLLM, and those that came of it, say theirs beside it.
    #[serde(default, deserialize_with = "or_none")]
    object: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    message: Option<String>,
    code: Option<Value>,
    #[serde(rename = "type")]
    kind: Option<Value>,
}

#[derive(Deserialize)]
struct WireChoice {
    message: Option<Reply>,
    finish_reason: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    logprobs: Option<Logprobs>,
    error: Option<Value>,
}

/// A message of the model, or a part of one in a stream.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Reply {
    pub(super) content: Option<Content>,
    pub(super) refusal: Option<String>,
    /// DeepSeek, vLLM, llama.cpp.
    #[serde(deserialize_with = "or_none")]
    reasoning_content: Option<String>,
    /// OpenRouter, Groq, Ollama.
    #[serde(deserialize_with = "or_none")]
    reasoning: Option<String>,
    pub(super) tool_calls: Option<Vec<Call>>,
    /// OpenRouter; they go back as they came.
    #[serde(deserialize_with = "or_none")]
    pub(super) reasoning_details: Option<Vec<Value>>,
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
    function: Function,
    /// A call of a tool that takes text.
    custom: Option<Custom>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Custom {
    name: Option<String>,
    input: Option<String>,
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

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Tokens {
    #[serde(deserialize_with = "count")]
    prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    completion_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    total_tokens: Option<u64>,
    #[serde(deserialize_with = "or_none")]
    prompt_tokens_details: Option<InputDetails>,
    #[serde(deserialize_with = "or_none")]
    completion_tokens_details: Option<OutputDetails>,
    /// DeepSeek's name for cached tokens.
    #[serde(deserialize_with = "count")]
    prompt_cache_hit_tokens: Option<u64>,
}

/// Reads a whole completion.
pub(in crate::lm) fn read(body: &[u8]) -> Result<Response, Unread> {
    let Completion { choices, about } = provider::json(body)?;
    about.check()?;
    let mut choices = choices.unwrap_or_default().into_iter();
    let first = choices.next().ok_or_else(|| Unread::Broken("it has no choices".to_owned()))?;
    failed(first.error)?;
    let finish = CHAT.read(first.finish_reason.as_deref())?;
    let mut message = match first.message {
        // Nothing may be left of a message that was cut off or withheld.
        None if finish == FinishReason::Stop => {
            return Err(Unread::Misfit("its choice has no message".to_owned()));
        }
        message => message.unwrap_or_default(),
    };
    if let Some(refusal) = message.refusal() {
        return Err(Unread::WithheldReason(refusal));
    }
    let (text, thoughts) = message.texts();
    let mut response = Response::new(text);
    response.finish = finish;
    let details = message.reasoning_details.take().into_iter().flatten().collect();
    response.reasoning = Details::whole(details).reasoning(thoughts);
    response.tool_calls = message.tool_calls.into_iter().flatten().map(Call::whole).collect();
    response.logprobs = first.logprobs.map(Logprobs::tokens).unwrap_or_default();
    response.others = choices.map(WireChoice::other).collect();
    response.usage = about.usage(!response.others.is_empty());
    response.service_tier = about.service_tier;
    (response.model, response.id) = (about.model, about.id);
    Ok(response)
}

impl About {
    /// Checks that it is no error after all.
    pub(super) fn check(&self) -> Result<(), Unread> {
        failed(self.error.clone())?;
        match self.object.as_deref() {
            Some("error") => {
                let Self { message, code, kind, .. } = self;
                failed(Some(json!({"message": message, "code": code, "type": kind})))
            }
            _ => Ok(()),
        }
    }

    /// Returns the usage of several replies or of one.
    fn usage(&self, several: bool) -> Usage {
        let usage = self.usage.as_ref().map_or_else(|| Tokens::default().usage(), Tokens::usage);
        match several && self.counts_one() {
            true => usage.of_one_reply(),
            false => usage,
        }
    }

    /// Returns whether the server counts the tokens of one reply alone where it gives several.
    pub(super) fn counts_one(&self) -> bool {
        self.timings.is_some()
    }
}

impl WireChoice {
    fn other(self) -> Choice {
        let mut message = self.message.unwrap_or_default();
        let finish = match (message.refusal(), self.error.filter(|error| !error.is_null())) {
            (Some(_), _) => FinishReason::ContentFilter,
            (None, Some(_)) => FinishReason::Other("error".to_owned()),
            (None, None) => CHAT.other(self.finish_reason.as_deref()),
        };
        Choice::new(message.texts().0, finish)
    }
}

impl Reply {
    /// Takes the reason it is none; some servers write an empty refusal beside every reply.
    pub(super) fn refusal(&mut self) -> Option<String> {
        self.refusal.take().filter(|refusal| !refusal.trim().is_empty())
    }

    /// Returns its text and its thoughts.
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
    /// Returns the function that is called, of whichever kind it is.
    pub(super) fn function(&mut self) -> Function {
        match self.custom.take() {
            Some(Custom { name, input }) => Function { name, arguments: input.map(Value::String) },
            None => std::mem::take(&mut self.function),
        }
    }

    fn whole(mut self) -> ToolCall {
        let function = self.function();
        let arguments = function.arguments.unwrap_or_default();
        let (id, name) = (self.id.unwrap_or_default(), function.name.unwrap_or_default());
        match arguments {
            Value::String(text) => ToolCall::read(id, name, &text),
            Value::Null => ToolCall::read(id, name, ""),
            object => ToolCall::new(id, name, object),
        }
    }
}

impl Logprobs {
    pub(super) fn tokens(self) -> Vec<TokenLogprob> {
        self.content.into_iter().flatten().map(TokenLogprob::from).collect()
    }
}

impl Tokens {
    pub(super) fn usage(&self) -> Usage {
        // Some servers count thoughts in the total alone.
        let rest = self.total_tokens.zip(self.prompt_tokens).map(|(all, input)| all.saturating_sub(input));
        let counted = Counted {
            input: self.prompt_tokens.unwrap_or_default(),
            output: rest.unwrap_or_default().max(self.completion_tokens.unwrap_or_default()),
            cached: self.prompt_cache_hit_tokens,
        };
        counted.usage(self.prompt_tokens_details.as_ref(), self.completion_tokens_details.as_ref())
    }
}
