//! The reply that Gemini generates, whole or in part.

use serde::Deserialize;
use serde_json::{Value, json};

use super::content::OWN_ID;
use super::partial::{self, Called, Calls};
use crate::lm::aside::{count, or_none};
use crate::lm::failure::Failure;
use crate::lm::finish::GEMINI;
use crate::lm::provider::{self, Unread};
use crate::lm::turn::{self, Said};
use crate::lm::{Choice, FinishReason, Reasoning, Response, TokenLogprob, ToolCall, TopLogprob, Usage};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Generated {
    pub(super) candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<Feedback>,
    #[serde(default, deserialize_with = "or_none")]
    usage_metadata: Option<Tokens>,
    #[serde(default, deserialize_with = "or_none")]
    model_version: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    response_id: Option<String>,
    pub(super) error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Candidate {
    #[serde(default)]
    pub(super) index: usize,
    content: Option<Content>,
    pub(super) finish_reason: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    logprobs_result: Option<Logprobs>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
    thought_signature: Option<String>,
    function_call: Option<Call>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    id: Option<String>,
    /// A part of a call has none.
    #[serde(default)]
    name: String,
    #[serde(default)]
    args: Value,
    #[serde(default)]
    partial_args: Vec<partial::Part>,
    #[serde(default)]
    will_continue: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logprobs {
    #[serde(default)]
    chosen_candidates: Vec<Token>,
    #[serde(default)]
    top_candidates: Vec<Top>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    #[serde(default)]
    token: String,
    #[serde(default)]
    log_probability: f64,
}

#[derive(Deserialize)]
struct Top {
    #[serde(default)]
    candidates: Vec<Token>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Tokens {
    #[serde(deserialize_with = "count")]
    prompt_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    tool_use_prompt_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    candidates_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    thoughts_token_count: Option<u64>,
    #[serde(deserialize_with = "count")]
    cached_content_token_count: Option<u64>,
}

/// The parts of a candidate besides its calls, and whether there are any.
#[derive(Default)]
pub(super) struct Brought {
    /// The parts that go back, as they came.
    pub(super) parts: Vec<Value>,
    pub(super) text: String,
    pub(super) thoughts: String,
    pub(super) calls: bool,
    pub(super) logprobs: Vec<TokenLogprob>,
}

/// The name under which what goes back is kept.
pub(super) const PROVIDER: &str = "gemini";

/// Thoughts, with the parts that go back as they came.
pub(super) fn reasoning(text: String, parts: Vec<Value>) -> Option<Reasoning> {
    let state = turn::state(PROVIDER, parts, part_of_turn);
    (!text.is_empty() || state.is_some()).then(|| Reasoning { state, ..Reasoning::new(text) })
}

/// Returns the kind of a part. The signature of a call is kept with the call, too.
pub(super) fn part_of_turn(part: &Value) -> Said<'_> {
    let text = part.get("text").and_then(Value::as_str);
    let call = part.get("functionCall").and_then(|call| call.get("name")?.as_str());
    match (call, text, part.get("thoughtSignature")) {
        (Some(name), _, _) => Said::Call(name),
        (None, Some(text), None) => Said::Text(text),
        (None, Some(text), Some(_)) => Said::Marked(text.into()),
        (None, None, _) => Said::Opaque,
    }
}

/// Reads all that was generated.
pub(in crate::lm) fn read(body: &[u8]) -> Result<Response, Unread> {
    let generated: Generated = provider::json(body)?;
    let mut response = Response::new("");
    let candidates = generated.begin(&mut response)?;
    let mut candidates = candidates.into_iter();
    let first = candidates.next().ok_or_else(|| Unread::Broken("it has no candidates".to_owned()))?;
    let reason = first.finish_reason.clone();
    let mut calls = Vec::new();
    let Brought { text, thoughts, logprobs, parts, .. } = first.bring(&mut Calls::default(), &mut calls)?;
    response.finish = finish(reason.as_deref(), !calls.is_empty())?;
    response.reasoning = reasoning(thoughts, parts);
    (response.text, response.tool_calls, response.logprobs) = (text, calls, logprobs);
    let other = |candidate: Candidate| {
        let reason = candidate.finish_reason.clone();
        Ok(Choice::new(
            candidate.bring(&mut Calls::default(), &mut Vec::new())?.text,
            GEMINI.other(reason.as_deref()),
        ))
    };
    response.others = candidates.map(other).collect::<Result<_, Unread>>()?;
    Ok(response)
}

impl Generated {
    /// Adds the values besides the candidates to the reply.
    pub(super) fn begin(self, reply: &mut Response) -> Result<Vec<Candidate>, Unread> {
        if let Some(error) = self.error.filter(|error| !error.is_null()) {
            return Err(Unread::Failed(Failure::of(&error)));
        }
        if let Some(reason) = self.prompt_feedback.and_then(|feedback| feedback.block_reason) {
            return Err(Unread::WithheldReason(format!("the prompt is blocked ({reason})")));
        }
        if let Some(tokens) = self.usage_metadata {
            reply.usage = tokens.usage();
        }
        reply.model = self.model_version.or(reply.model.take());
        reply.id = reply.id.take().or(self.response_id);
        Ok(self.candidates.unwrap_or_default())
    }
}

impl Candidate {
    /// Takes the content of a part; its calls, and parts of them, go to those that have come before.
    pub(super) fn bring(self, calls: &mut Calls, so_far: &mut Vec<ToolCall>) -> Result<Brought, Unread> {
        let mut brought = Brought::default();
        for value in self.content.map(|content| content.parts).unwrap_or_default() {
            let part = Part::deserialize(&value)?;
            let text = part.text.unwrap_or_default();
            match part.thought {
                true => brought.thoughts.push_str(&text),
                false => brought.text.push_str(&text),
            }
            let Some(call) = part.function_call else {
                brought.parts.extend(Some(value).filter(|_| !part.thought));
                continue;
            };
            brought.calls = true;
            let comes_whole = !calls.is_open() && !call.will_continue && call.partial_args.is_empty();
            let is_whole = calls.take(call.called(so_far.len(), part.thought_signature), so_far)?;
            match (comes_whole, so_far.last()) {
                (true, _) => brought.parts.push(value),
                (false, Some(call)) if is_whole => brought.parts.push(super::content::call(call)),
                _ => {}
            }
        }
        brought.logprobs = self.logprobs_result.map(Logprobs::tokens).unwrap_or_default();
        Ok(brought)
    }
}

impl Call {
    /// The call, where so many have come before.
    fn called(self, before: usize, signature: Option<String>) -> Called {
        let Self { id, name, args, partial_args, will_continue } = self;
        let id = id.unwrap_or_else(|| format!("{OWN_ID}{before}-{name}"));
        let args = if args.is_null() { json!({}) } else { args };
        let state = signature.map(|signature| json!({"gemini": signature}));
        let call = ToolCall { state, ..ToolCall::new(id, name, args) };
        Called { call, parts: partial_args, continues: will_continue }
    }
}

impl Logprobs {
    fn tokens(self) -> Vec<TokenLogprob> {
        let tops = self.top_candidates.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        let token = |(token, top): (Token, Option<Top>)| TokenLogprob {
            top: top
                .map(|top| top.candidates)
                .unwrap_or_default()
                .into_iter()
                .map(|top| TopLogprob::new(top.token, top.log_probability))
                .collect(),
            ..TokenLogprob::new(token.token, token.log_probability)
        };
        self.chosen_candidates.into_iter().zip(tops).map(token).collect()
    }
}

impl Tokens {
    /// Gemini counts thoughts besides the reply.
    fn usage(&self) -> Usage {
        let sum = |counts: [Option<u64>; 2]| counts.into_iter().flatten().sum();
        let input = sum([self.prompt_token_count, self.tool_use_prompt_token_count]);
        Usage {
            calls: 1,
            input_tokens: input,
            output_tokens: sum([self.candidates_token_count, self.thoughts_token_count]),
            cached_input_tokens: self.cached_content_token_count.unwrap_or_default().min(input),
            reasoning_tokens: self.thoughts_token_count.unwrap_or_default(),
            ..Usage::default()
        }
    }
}

/// Returns the reason a candidate ended. The provider has no word for one that asks for tools.
pub(super) fn finish(reason: Option<&str>, calls: bool) -> Result<FinishReason, Unread> {
    Ok(match GEMINI.read(reason)? {
        FinishReason::Stop if calls => FinishReason::ToolCalls,
        finish => finish,
    })
}
