//! The error, as a problem document (RFC 9457).

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};

/// A request that got no output.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    kind: &'static str,
    detail: String,
    problems: Vec<crate::parse::Problem>,
    retry_after: Option<Duration>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, kind: &'static str, detail: impl Into<String>) -> Self {
        Self { status, kind, detail: detail.into(), problems: Vec::new(), retry_after: None }
    }

    pub(super) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// An input that is not what the program takes.
    pub(super) fn input(error: &Error) -> Self {
        let problems = error.problems().to_vec();
        Self { problems, ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, "input", format!("{error:#}")) }
    }

    /// A run that failed. What the program itself did wrong is the operator's to know, not the caller's.
    pub(super) fn run(error: &Error) -> Self {
        let status = status(error.kind());
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(
                kind = error.kind().name(),
                error = format_args!("{error:#}"),
                "a request failed"
            );
            return Self::new(status, "internal", "the program failed; its log says why");
        }
        tracing::warn!(kind = error.kind().name(), error = format_args!("{error:#}"), "a request failed");
        let retry_after = match status {
            StatusCode::SERVICE_UNAVAILABLE => Some(error.retry_after().unwrap_or(Duration::from_secs(1))),
            _ => None,
        };
        Self { retry_after, ..Self::new(status, error.kind().name(), format!("{error:#}")) }
    }

    pub(super) fn to_json(&self) -> Value {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "kind": self.kind,
            "detail": self.detail,
        });
        if !self.problems.is_empty() {
            body["problems"] = json!(self.problems);
        }
        body
    }
}

fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::ContextWindow | ErrorKind::ContentFilter => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorKind::RateLimit | ErrorKind::Budget => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::Auth
        | ErrorKind::Billing
        | ErrorKind::Server
        | ErrorKind::Transport
        | ErrorKind::Decode
        | ErrorKind::Parse => StatusCode::BAD_GATEWAY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.to_json().to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.retry_after {
            // Whole seconds, and never too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
