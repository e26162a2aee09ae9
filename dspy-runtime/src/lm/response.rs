//! One reply, and what it cost.

use serde::{Deserialize, Serialize};

use super::{ModelId, RateLimit, ServiceTier, Usage};
use crate::prompt::{Message, Reasoning, ToolCall};

/// A model's reply.
///
/// # Example
///
/// ```
/// use dspy::lm::{FinishReason, Response};
///
/// let response = Response::new("hello").with_tokens(12, 1);
/// assert_eq!(response.finish, FinishReason::Stop);
/// assert_eq!(response.usage.total_tokens(), 13);
///
/// let json = serde_json::to_string(&response)?;
/// assert_eq!(serde_json::from_str::<Response>(&json)?, response);
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The text of the reply.
    pub text: String,
    /// The reason it ended.
    pub finish: FinishReason,
    /// The cost: one call, its retries and its tokens.
    pub usage: Usage,
    /// The model that answered, as the provider names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The model that answered, where it is another one than was asked, as in a
    /// [`Fallback`](super::Fallback).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_by: Option<ModelId>,
    /// The provider's name for the reply, such as `chatcmpl-…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The provider's name for the call, which its logs and its support know: that of the HTTP request, or the
    /// [`id`](Self::id) where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The tier at which it was answered, where the provider says; its call is priced by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<ServiceTier>,
    /// The model's thoughts before it, as far as the provider gives them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Reasoning>,
    /// The tools that it asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<ToolCall>,
    /// The likelihood of each token, if that was [asked for](super::Sampling::logprobs). Some servers
    /// report fewer tokens than they count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logprobs: Vec<TokenLogprob>,
    /// Further replies, if [more than one](super::Sampling::n) was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Choice>,
    /// The reason the provider withheld the reply, where it [did](FinishReason::ContentFilter) and gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld: Option<WithheldReason>,
    /// Parameters that were set and not sent because the model does not take them, where its builder says
    /// that this may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// The provider's remaining limits, as far as it reports them.
    #[serde(skip)]
    pub rate_limit: Option<RateLimit>,
}

/// The reason a reply ended.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The token limit cut it off.
    Length,
    /// It waits for the answers of the tools that it asks for.
    ToolCalls,
    /// The provider withheld the rest.
    ContentFilter,
    /// Something else, in the provider's word. As nobody knows whether the reply is whole, a predictor refuses it.
    Other(String),
}

/// The reason a provider withheld a reply.
///
/// # Example
///
/// ```
/// use dspy::lm::{FinishReason, Response};
///
/// fn is_about_security(response: &Response) -> bool {
///     let why = response.withheld.as_ref().and_then(|why| why.category.as_deref());
///     response.finish == FinishReason::ContentFilter && why == Some("cyber")
/// }
/// assert!(!is_about_security(&Response::new("Hello.")));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithheldReason {
    /// The provider's word for it, such as Anthropic's `cyber`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The provider's words for a person, which may be others tomorrow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}

/// One of several replies to a request.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The text.
    pub text: String,
    /// The reason it ended.
    pub finish: FinishReason,
}

/// A token of a reply and how likely it was.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenLogprob {
    /// The token's text. One that is part of a character may not be text by itself.
    pub token: String,
    /// The natural logarithm of its probability: 0 for certain, below for all else.
    pub logprob: f64,
    /// The likeliest tokens in its place, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub top: Vec<TopLogprob>,
}

/// A token that could have come, and how likely it was.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopLogprob {
    /// The token's text.
    pub token: String,
    /// The natural logarithm of its probability.
    pub logprob: f64,
}

impl Response {
    /// A reply that ended by itself and cost one call.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            finish: FinishReason::Stop,
            usage: Usage { calls: 1, ..Usage::default() },
            model: None,
            answered_by: None,
            id: None,
            request_id: None,
            service_tier: None,
            reasoning: None,
            tool_calls: Vec::new(),
            logprobs: Vec::new(),
            others: Vec::new(),
            withheld: None,
            dropped: Vec::new(),
            rate_limit: None,
        }
    }

    /// Says which of several models it is from, unless one inside of it has said more.
    pub(super) fn with_answered_by(mut self, id: &ModelId) -> Self {
        self.answered_by.get_or_insert_with(|| id.clone());
        self
    }

    /// Says which call it is of, by the name of the HTTP request if it has one.
    pub(super) fn with_request_id(mut self, id: Option<&str>) -> Self {
        self.request_id = id.or(self.id.as_deref()).map(str::to_owned);
        self
    }

    /// Says how soon it was answered.
    pub(crate) fn with_service_tier(mut self, tier: ServiceTier) -> Self {
        self.service_tier = Some(tier);
        self
    }

    pub(crate) fn with_retries(mut self, retries: u32) -> Self {
        self.usage.retries += u64::from(retries);
        self
    }

    /// Sets how many tokens the prompt and the reply had.
    #[must_use]
    pub fn with_tokens(mut self, input: u64, output: u64) -> Self {
        self.usage.input_tokens = input;
        self.usage.output_tokens = output;
        self
    }

    /// The reply as a message, for an exchange that goes on: the text, the calls that wait for answers, and
    /// what the provider wants back with them.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::{Message, Response, ToolCall};
    /// use serde_json::json;
    ///
    /// let mut response = Response::new("");
    /// response.tool_calls = vec![ToolCall::new("call_1", "find_parcel", json!({"number": 7}))];
    ///
    /// let mut messages = vec![Message::user("Where is parcel 7?"), response.message()];
    /// messages.extend(response.tool_calls.iter().map(|call| Message::tool(call, "Lyon")));
    /// assert_eq!(messages[2].tool_call_id(), Some("call_1"));
    /// ```
    pub fn message(&self) -> Message {
        let message = Message::assistant(&self.text).with_tool_calls(self.tool_calls.clone());
        match &self.reasoning {
            Some(reasoning) => message.with_reasoning(reasoning.clone()),
            None => message,
        }
    }
}

impl Choice {
    /// A reply and why it ended.
    pub fn new(text: impl Into<String>, finish: FinishReason) -> Self {
        Self { text: text.into(), finish }
    }
}

impl TokenLogprob {
    /// A token without others in its place.
    pub fn new(token: impl Into<String>, logprob: f64) -> Self {
        Self { token: token.into(), logprob, top: Vec::new() }
    }
}

impl TopLogprob {
    /// A token that could have come.
    pub fn new(token: impl Into<String>, logprob: f64) -> Self {
        Self { token: token.into(), logprob }
    }
}
