//! What is wrong with a field.

use std::fmt;

use serde::Serialize;

use crate::error::{Error, ErrorKind, snippet};

/// One thing wrong with one field of a reply or a row.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, with the path inside it: `items[2].price`. Empty where no field was found at all.
    pub path: String,
    /// The type that was expected, in the words of the prompt; empty where it does not matter.
    pub expected: String,
    /// The text that was found, shortened; empty where there was none.
    pub found: String,
    /// What is wrong.
    pub reason: String,
}

impl Problem {
    pub(crate) fn missing(name: &str) -> Self {
        Self::new(name, "", "it is missing")
    }

    pub(crate) fn unfit(path: String, found: String, reason: String) -> Self {
        Self { path, expected: String::new(), found, reason }
    }

    pub(crate) fn violated(name: &str, found: &str, text: &str) -> Self {
        Self::new(name, found, &format!("it must hold: {text}"))
    }

    /// A problem of a field or a place inside one, for adapters of one's own; the text is shortened.
    pub fn new(path: &str, found: &str, reason: &str) -> Self {
        Self {
            path: path.to_owned(),
            expected: String::new(),
            found: snippet(found, 80).into_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The problem as one of what holds the value under this key: of the field that the value is of.
    #[must_use]
    pub fn within(mut self, key: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{key}{dot}{}", self.path);
        self
    }

    /// The problem as one of the list that holds the value.
    pub(crate) fn within_index(mut self, index: usize) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{index}]{dot}{}", self.path);
        self
    }

    /// Completes the problem with the field it is of.
    pub(crate) fn of(mut self, name: &str, expected: &str) -> Self {
        if self.path.is_empty() {
            self.path = name.to_owned();
        }
        if self.expected.is_empty() {
            self.expected = expected.to_owned();
        }
        self
    }

    /// Completes a problem with the type it is of. At the top, the words of the type are better than
    /// those of its shape.
    pub(crate) fn expecting(mut self, expected: &str) -> Self {
        if self.path.is_empty() || self.expected.is_empty() {
            self.expected = expected.to_owned();
        }
        self
    }

    /// One error for all problems.
    pub(crate) fn error(kind: ErrorKind, problems: Vec<Problem>) -> Error {
        Error::new(kind, Self::list(&problems)).with_problems(problems)
    }

    /// All problems in one line.
    pub(crate) fn list(problems: &[Problem]) -> String {
        let texts: Vec<_> = problems.iter().map(ToString::to_string).collect();
        texts.join("; ")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "field `{}`: ", self.path)?;
        }
        f.write_str(&self.reason)?;
        if !self.expected.is_empty() {
            write!(f, "; expected {}", self.expected)?;
        }
        if !self.found.is_empty() {
            write!(f, "; found `{}`", self.found)?;
        }
        Ok(())
    }
}
