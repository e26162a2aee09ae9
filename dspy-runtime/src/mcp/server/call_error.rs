//! The message to a caller about a call that failed.

use rmcp::model::{CallToolResult, ContentBlock};
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};

/// The longest message, in characters.
const LONGEST: usize = 600;

/// An error as its caller sees it: short, with a word for scripts, and with every field that was wrong.
pub(super) struct CallError(Value);

impl CallError {
    pub(super) fn new(kind: &str, message: &str) -> Self {
        Self(json!({"kind": kind, "message": crate::error::snippet(message, LONGEST)}))
    }

    /// An input that is not what the program takes.
    pub(super) fn input(error: &Error) -> Self {
        let mut told = Self::new("input", &format!("{error:#}"));
        if !error.problems().is_empty() {
            told.0["problems"] = json!(error.problems());
        }
        told
    }

    /// A run that failed. What the program itself did wrong is the operator's to know, not the caller's.
    pub(super) fn run(error: &Error) -> Self {
        use ErrorKind::{
            Auth, Billing, Budget, ContentFilter, ContextWindow, Decode, Parse, RateLimit, Server, Timeout,
            Transport,
        };
        match error.kind() {
            kind @ (ContextWindow | ContentFilter | RateLimit | Budget | Timeout | Auth | Billing
            | Server | Transport | Decode | Parse) => {
                tracing::warn!(kind = kind.name(), error = format_args!("{error:#}"), "a call failed");
                Self::new(kind.name(), &format!("{error:#}"))
            }
            kind => {
                tracing::error!(kind = kind.name(), error = format_args!("{error:#}"), "a call failed");
                Self::new("internal", "the program failed; its log says why")
            }
        }
    }

    pub(super) fn into_result(self) -> CallToolResult {
        CallToolResult::error(vec![ContentBlock::text(self.0.to_string())])
    }
}
