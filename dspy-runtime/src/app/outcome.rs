//! The result of a command, and the code that a script reads.

use std::fmt::Display;
use std::process::ExitCode;

use serde_json::Value;

use crate::error::Error;

/// The end of a command, as in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Refused = 3,
    Undecided = 4,
    Stopped = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The result of a command: a text for people and a document for scripts.
pub(super) struct Outcome {
    pub(super) text: String,
    pub(super) json: Value,
    pub(super) exit: Exit,
}

impl Outcome {
    pub(super) fn done(text: impl Display, json: Value) -> Self {
        Self { text: text.to_string(), json, exit: Exit::Done }
    }

    pub(super) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Prints it, as text or as JSON; nothing where there is no document.
    pub(super) fn print(&self, as_json: bool) {
        if as_json && self.json.is_null() {
            return;
        }
        let text = if as_json { format!("{:#}", self.json) } else { self.text.clone() };
        put(&text);
    }
}

/// Prints a result. A reader that has seen enough and closed the pipe is no error.
pub(super) fn put(text: &str) {
    use std::io::Write;
    let text = text.trim_end_matches('\n');
    let mut out = std::io::stdout().lock();
    let _ = if text.is_empty() { Ok(()) } else { writeln!(out, "{text}") };
    let _ = out.flush();
}

impl Exit {
    /// Returns the exit of a command that ended with an error.
    pub(super) fn of(error: &Error) -> Self {
        if error.is_budget() { Self::Stopped } else { Self::Failed }
    }
}
