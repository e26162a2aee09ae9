//! The result of a tool's function, in the form for its model.

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use super::failed;
use crate::error::{Error, ErrorKind, Result};
pub use crate::returned::Returned as Answer;

impl<T: Serialize> Answer<Result<T>> {
    /// Errors of the function's own are values; those of the world around it end the program.
    pub fn value(mut self) -> Result<Value> {
        match self.take()? {
            Ok(value) => Ok(serde_json::to_value(value)?),
            Err(error) if is_own(&error) => Ok(failed(format_args!("{error:#}"))),
            Err(error) => Err(error),
        }
    }
}

/// Returns whether a model may see it: it is what the function or the model did.
fn is_own(error: &Error) -> bool {
    use ErrorKind::{Code, Data, Io, Parse, Program};
    matches!(error.kind(), Code | Data | Io | Parse | Program)
}

/// The case of errors that are not of this crate.
pub trait Fails {
    /// The JSON.
    fn value(self) -> Result<Value>;
}

impl<T: Serialize, E: Display> Fails for Answer<Result<T, E>> {
    fn value(mut self) -> Result<Value> {
        match self.take()? {
            Ok(value) => Ok(serde_json::to_value(value)?),
            Err(error) => Ok(failed(error)),
        }
    }
}

/// The case of a function that cannot fail. Behind a reference, so that Rust looks at the others first.
pub trait Succeeds {
    /// The JSON.
    fn value(&self) -> Result<Value>;
}

impl<T: Serialize> Succeeds for Answer<T> {
    fn value(&self) -> Result<Value> {
        Ok(serde_json::to_value(self.get())?)
    }
}

/// The case of a function whose answer is no JSON: last of all, and only to say so.
pub trait Unanswered<T> {
    /// Nothing, for want of a `T` that can be it.
    fn value(&mut self) -> Result<Value>
    where
        T: Answerable,
    {
        Ok(Value::Null)
    }
}

impl<T> Unanswered<T> for Answer<T> {}

/// A trait that no type has, so that rustc names the one that is missing.
#[diagnostic::on_unimplemented(
    message = "a tool cannot return `{Self}`; the model is told the answer as JSON",
    label = "not `serde::Serialize`",
    note = "put `#[derive(serde::Serialize)]` on it, or return a `Result` of a type that has it with an error that is `Display`"
)]
pub trait Answerable {}
