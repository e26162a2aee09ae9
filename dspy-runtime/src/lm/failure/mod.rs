//! The error made of a provider's answer: its class, its words, and nothing secret.

mod class;

use std::time::Duration;

use serde_json::Value;

use super::http::Head;
use super::{Messages, Request};
use crate::error::{Error, ErrorKind, Trouble, snippet};

/// A failure that a provider reports. Providers agree on little: the words stand at the top or
/// under `error`, and the class is in what is called a type, a code, a status or a reason.
#[derive(Debug, Default)]
pub(super) struct Failure {
    message: String,
    /// The codes that may give the class, the most telling first.
    codes: Vec<String>,
    /// A status inside the body, as where a stream fails after it began well.
    status: Option<u16>,
    retry_after: Option<Duration>,
    request_id: Option<String>,
}

/// Whom an error is about.
pub(super) struct Asked<'a> {
    /// The address, without what is secret.
    pub(super) at: &'a str,
    /// Tells whether a text holds a key.
    pub(super) is_secret: &'a dyn Fn(&str) -> bool,
    /// The name of the key to look at if it is refused.
    pub(super) key_name: &'a str,
    pub(super) request: &'a Request,
}

impl Asked<'_> {
    /// Words of a provider or a model as far as they may be shown: without a key, and without the prompt.
    pub(super) fn shown(&self, words: &str, max: usize) -> String {
        let short = snippet(words, max);
        match (self.is_secret)(words) || repeats(&short, &self.request.messages) {
            true => "its words are left out, as they repeat a key or the prompt".to_owned(),
            false => short.into_owned(),
        }
    }

    /// The error of an answer that is none.
    pub(super) fn no_reply(&self, reason: &str) -> Error {
        let message = format!("{} did not answer with a reply: {}", self.at, self.shown(reason, 200));
        Error::new(ErrorKind::Decode, message)
    }
}

impl Failure {
    /// Reads the body of an error; a body that is no JSON says nothing.
    pub(super) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).map(|body: Value| Self::of(&body)).unwrap_or_default()
    }

    /// Reads the failure from JSON.
    pub(super) fn of(body: &Value) -> Self {
        let body = body.get(0).unwrap_or(body);
        let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
        let details: &[Value] = error["details"].as_array().map_or(&[], Vec::as_slice);
        let words = [&error["message"], error, &body["message"], &body["Message"], &body["detail"]];
        let codes = [&error["code"], &body["code"], &error["status"], &error["type"], &body["type"]];
        let reasons = details.iter().map(|detail| &detail["reason"]);
        let inner = [&error["innererror"]["code"], &body["__type"]];
        let codes = reasons.chain(inner).chain(codes).filter_map(Value::as_str);
        let seconds = details.iter().find_map(|detail| detail["retryDelay"].as_str()?.strip_suffix('s'));
        let status = [&error["code"], &body["code"]].into_iter().find_map(Value::as_u64);
        Self {
            message: words.into_iter().find_map(Value::as_str).unwrap_or_default().to_owned(),
            codes: codes.map(str::to_owned).collect(),
            status: status.and_then(|status| u16::try_from(status).ok()),
            retry_after: seconds
                .and_then(|seconds| seconds.parse().ok())
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
            request_id: body["request_id"].as_str().map(str::to_owned),
        }
    }

    /// Returns whether a server has begun to listen before its model is there, as that of llama.cpp does.
    fn is_starting(&self) -> bool {
        self.status == Some(503) && self.message.to_lowercase().contains("loading model")
    }

    /// The error of an answer with a status.
    pub(super) fn error_of(mut self, head: &Head, asked: &Asked<'_>) -> Error {
        self.codes.splice(0..0, head.error_type.clone());
        self.status = Some(head.status.as_u16());
        self.retry_after = head.retry_after.or(self.retry_after);
        self.request_id = head.request_id.clone().or(self.request_id);
        self.error(asked)
    }

    /// The error, with the provider's words as far as they may be shown.
    pub(super) fn error(self, asked: &Asked<'_>) -> Error {
        let kind = class::of(self.status, &self.codes, &self.message);
        let status = self.status.map_or_else(|| "an error".to_owned(), |status| status.to_string());
        let mut message = format!("{} answered {status}", asked.at);
        if !self.message.is_empty() && kind != ErrorKind::Auth {
            message.push_str(&format!(": {}", asked.shown(&self.message, 300)));
        }
        match kind {
            ErrorKind::NotConfigured => message.push_str("; use the address that it points to"),
            ErrorKind::Auth => message.push_str(&format!("; check {}", asked.key_name)),
            _ => {}
        }
        let mut error = Error::new(kind, message).with_retry_after(self.retry_after);
        if self.is_starting() {
            error = error.with_trouble(Trouble::Starting);
        }
        error = self.status.into_iter().fold(error, Error::with_status);
        let secret = |text: &&String| !(asked.is_secret)(text);
        error = self.codes.iter().filter(secret).take(1).fold(error, |error, code| error.with_code(code));
        self.request_id.iter().fold(error, |error, id| error.with_request_id(id))
    }
}

/// Returns whether the words of an error are also words of the prompt: a few in a row, or a short
/// message whole.
fn repeats(words: &str, messages: &Messages) -> bool {
    const IN_A_ROW: usize = 24;
    let starts = words.char_indices().map(|(at, _)| at);
    let runs: Vec<&str> = starts
        .filter_map(|at| {
            let rest = words.get(at..)?;
            let end = rest.char_indices().nth(IN_A_ROW).map(|(end, _)| end)?;
            rest.get(..end)
        })
        .collect();
    messages.iter().any(|message| {
        let text = message.text().trim();
        runs.iter().any(|run| text.contains(run)) || (text.len() >= 8 && words.contains(text))
    })
}

#[cfg(test)]
mod tests;
