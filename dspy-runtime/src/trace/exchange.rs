//! One prompt and what came back, exactly as they were.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::lm::{Message, ModelId, Reasoning, Request, Response, ToolCall};

/// One prompt and what came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    path: Arc<str>,
    model: ModelId,
    request: Arc<Request>,
    reply: std::result::Result<String, String>,
    reasoning: Option<Reasoning>,
    calls: Vec<ToolCall>,
    stopped: bool,
    /// About how much of memory it holds, with what it shares with others.
    bytes: usize,
    hit: bool,
}

/// The text or the error that came back, with thoughts and calls.
type Said = (std::result::Result<String, String>, Option<Reasoning>, Vec<ToolCall>);

/// The reply of an exchange, in the form of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    model: ModelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<ToolCall>,
    #[serde(default, skip_serializing_if = "is_not")]
    stopped: bool,
    #[serde(default, skip_serializing_if = "is_not")]
    hit: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_not(flag: &bool) -> bool {
    !flag
}

impl Exchange {
    pub(crate) fn new(
        path: &Arc<str>,
        model: &ModelId,
        request: Arc<Request>,
        outcome: &Result<Response>,
    ) -> Self {
        let said = match outcome {
            Ok(Response { text, reasoning, tool_calls, .. }) => {
                (Ok(text.clone()), reasoning.clone(), tool_calls.clone())
            }
            Err(error) => (Err(format!("{error:#}")), None, Vec::new()),
        };
        let hit = outcome.as_ref().is_ok_and(|response| response.usage.hits > 0);
        Self { hit, ..Self::of(path, model, request, said) }
    }

    fn of(path: &Arc<str>, model: &ModelId, request: Arc<Request>, said: Said) -> Self {
        let (reply, reasoning, calls) = said;
        let said = reply.as_ref().map_or_else(String::len, String::len);
        let thought = reasoning.as_ref().map_or(0, |reasoning| reasoning.text.len());
        let asked: usize = request.messages.iter().map(Message::bytes).sum();
        let bytes = asked + said + thought;
        let (path, model) = (path.clone(), model.clone());
        Self { path, model, request, reply, reasoning, calls, stopped: false, bytes, hit: false }
    }

    pub(crate) fn stopped(path: &Arc<str>, model: &ModelId, request: Arc<Request>, text: &str) -> Self {
        let mut exchange = Self::new(path, model, request, &Ok(Response::new(text)));
        exchange.stopped = true;
        exchange
    }

    /// About how much of memory it holds, with what it shares with others.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// All but its path and the request.
    pub(crate) fn told(&self) -> Told {
        let (reply, error) = match &self.reply {
            Ok(text) => (Some(text.clone()), None),
            Err(error) => (None, Some(error.clone())),
        };
        Told {
            model: self.model.clone(),
            reply,
            error,
            reasoning: self.reasoning.clone(),
            calls: self.calls.clone(),
            stopped: self.stopped,
            hit: self.hit,
        }
    }

    /// The predictor that made the call.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The model that was asked.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// Returns the request.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The text of the reply, or the text of the error.
    pub fn reply(&self) -> std::result::Result<&str, &str> {
        self.reply.as_deref().map_err(String::as_str)
    }

    /// Returns the model's thoughts before it replied, as far as its provider gives them.
    pub fn reasoning(&self) -> Option<&Reasoning> {
        self.reasoning.as_ref()
    }

    /// The tools that the reply asks for.
    pub fn tool_calls(&self) -> &[ToolCall] {
        &self.calls
    }

    /// Returns whether the reply came out of a [`Cache`](crate::cache::Cache).
    pub fn is_hit(&self) -> bool {
        self.hit
    }

    /// Returns whether the reply was cancelled in the middle, so that its text is only the beginning.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }
}

impl Told {
    /// As it was.
    pub(crate) fn exchange(self, path: &Arc<str>, request: Arc<Request>) -> Exchange {
        let said = match self.reply {
            Some(text) => (Ok(text), self.reasoning, self.calls),
            None => (Err(self.error.unwrap_or_default()), None, Vec::new()),
        };
        Exchange { stopped: self.stopped, hit: self.hit, ..Exchange::of(path, &self.model, request, said) }
    }
}

/// The messages and what came back, so that a person can read them.
impl fmt::Display for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.request.messages)?;
        if let Some(reasoning) = self.reasoning.as_ref().filter(|reasoning| !reasoning.text.is_empty()) {
            writeln!(f, ">>> reasoning\n{}\n", reasoning.text.trim_end())?;
        }
        match &self.reply {
            Ok(text) if self.stopped => writeln!(f, ">>> reply, stopped here\n{}\n", text.trim_end())?,
            Ok(text) if self.hit => writeln!(f, ">>> reply, from the cache\n{}\n", text.trim_end())?,
            Ok(text) => writeln!(f, ">>> reply\n{}\n", text.trim_end())?,
            Err(text) => writeln!(f, ">>> error\n{text}\n")?,
        }
        for call in &self.calls {
            writeln!(f, ">>> calls {call}\n")?;
        }
        Ok(())
    }
}
