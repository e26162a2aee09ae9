//! A response, whole.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::lm::failure::Failure;
use crate::lm::provider::Unread;
use crate::lm::{FinishReason, Reasoning, Response, TokenLogprob, ToolCall, TopLogprob, Usage};

#[derive(Deserialize)]
pub(super) struct Whole {
    id: Option<String>,
    model: Option<String>,
    #[serde(default)]
    status: String,
    error: Option<Value>,
    incomplete_details: Option<Incomplete>,
    output: Option<Vec<Value>>,
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Incomplete {
    reason: Option<String>,
}

/// What a model gives: what it thinks, what it says, what it calls.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Item {
    Message {
        #[serde(default)]
        content: Vec<Part>,
    },
    Reasoning {
        #[serde(default)]
        summary: Vec<Thought>,
        content: Option<Vec<Thought>>,
    },
    FunctionCall {
        call_id: String,
        name: String,
        #[serde(default)]
        arguments: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    OutputText {
        text: String,
        logprobs: Option<Vec<Token>>,
    },
    Refusal {
        refusal: String,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Thought {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Token {
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
struct Tokens {
    input_tokens: u64,
    output_tokens: u64,
    input_tokens_details: Option<InputDetails>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize)]
struct InputDetails {
    #[serde(default)]
    cached_tokens: u64,
}

#[derive(Deserialize)]
struct OutputDetails {
    #[serde(default)]
    reasoning_tokens: u64,
}

/// Reads a whole response.
pub(super) fn read(body: &[u8]) -> Result<Response, Unread> {
    serde_json::from_slice::<Whole>(body)?.response()
}

impl Whole {
    pub(super) fn response(self) -> Result<Response, Unread> {
        if let Some(error) = self.error.filter(|error| !error.is_null()) {
            return Err(Unread::Failed(Failure::of(&error)));
        }
        let output = self.output.ok_or_else(|| Unread::Broken("it has no output".to_owned()))?;
        let mut response = Response::new("");
        response.usage = self.usage.unwrap_or_default().usage();
        (response.model, response.request_id) = (self.model, self.id);
        let (mut thoughts, mut raw) = (Vec::new(), Vec::new());
        for item in output {
            match Item::deserialize(&item)? {
                Item::Message { content } => {
                    content.into_iter().try_for_each(|part| part.put(&mut response))?
                }
                Item::Reasoning { summary, content } => {
                    thoughts.extend(
                        summary.into_iter().chain(content.into_iter().flatten()).map(|part| part.text),
                    );
                    raw.push(item);
                }
                Item::FunctionCall { call_id, name, arguments } => {
                    response.tool_calls.push(ToolCall::read(call_id, name, &arguments));
                }
                Item::Other => {}
            }
        }
        if !raw.is_empty() {
            let reasoning =
                Reasoning { state: Some(json!({"openai": raw})), ..Reasoning::new(thoughts.join("\n\n")) };
            response.reasoning = Some(reasoning);
        }
        let reason = self.incomplete_details.and_then(|details| details.reason);
        response.finish = finish(&self.status, reason, !response.tool_calls.is_empty())?;
        Ok(response)
    }
}

impl Part {
    fn put(self, response: &mut Response) -> Result<(), Unread> {
        match self {
            Self::OutputText { text, logprobs } => {
                response.text.push_str(&text);
                response.logprobs.extend(logprobs.into_iter().flatten().map(Token::read));
                Ok(())
            }
            Self::Refusal { refusal } => Err(Unread::Withheld(refusal)),
            Self::Other => Ok(()),
        }
    }
}

impl Token {
    fn read(self) -> TokenLogprob {
        let top = self.top_logprobs.into_iter().map(|top| TopLogprob::new(top.token, top.logprob)).collect();
        TokenLogprob { top, ..TokenLogprob::new(self.token, self.logprob) }
    }
}

impl Tokens {
    fn usage(&self) -> Usage {
        Usage {
            calls: 1,
            input_tokens: self.input_tokens,
            output_tokens: self.output_tokens,
            cached_input_tokens: self
                .input_tokens_details
                .as_ref()
                .map_or(0, |details| details.cached_tokens),
            reasoning_tokens: self
                .output_tokens_details
                .as_ref()
                .map_or(0, |details| details.reasoning_tokens),
            ..Usage::default()
        }
    }
}

fn finish(status: &str, reason: Option<String>, calls: bool) -> Result<FinishReason, Unread> {
    match (status, reason.as_deref()) {
        ("incomplete", Some("max_output_tokens")) => Ok(FinishReason::Length),
        ("incomplete", Some("content_filter")) => Ok(FinishReason::ContentFilter),
        ("incomplete", reason) => Ok(FinishReason::Other(reason.unwrap_or("incomplete").to_owned())),
        // One that goes on without us is no reply.
        ("failed" | "cancelled" | "queued" | "in_progress", _) => {
            Err(Unread::Broken(format!("it is {status}")))
        }
        _ if calls => Ok(FinishReason::ToolCalls),
        _ => Ok(FinishReason::Stop),
    }
}
