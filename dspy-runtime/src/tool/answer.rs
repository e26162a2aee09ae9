//! What a tool's function gives, as what its model is told.

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use crate::__private::tool::error;
use crate::error::{Error, ErrorKind, Result};

/// What a function has given.
#[allow(missing_debug_implementations)]
pub struct Answer<T>(Option<T>);

impl<T> Answer<T> {
    /// Takes it.
    pub fn new(made: T) -> Self {
        Self(Some(made))
    }
}

impl<T: Serialize> Answer<Result<T>> {
    /// Errors of the function's own are values; those of the world around it end the program.
    pub fn value(self) -> Result<Value> {
        match self.0 {
            Some(Ok(value)) => Ok(serde_json::to_value(value)?),
            Some(Err(failed)) => match failed.kind() {
                ErrorKind::Program | ErrorKind::Data | ErrorKind::Parse | ErrorKind::Io => Ok(error(failed)),
                _ => Err(failed),
            },
            None => Err(Error::data("a result is taken once")),
        }
    }
}

/// For errors that are not of this crate.
pub trait Fails {
    /// The JSON.
    fn value(self) -> Result<Value>;
}

impl<T: Serialize, E: Display> Fails for Answer<Result<T, E>> {
    fn value(self) -> Result<Value> {
        match self.0 {
            Some(Ok(value)) => Ok(serde_json::to_value(value)?),
            Some(Err(failed)) => Ok(error(failed)),
            None => Err(Error::data("a result is taken once")),
        }
    }
}

/// For a function that cannot fail. Behind a reference, so that Rust looks at the others first.
pub trait Succeeds {
    /// The JSON.
    fn value(&self) -> Result<Value>;
}

impl<T: Serialize> Succeeds for Answer<T> {
    fn value(&self) -> Result<Value> {
        Ok(serde_json::to_value(&self.0)?)
    }
}

/// For a function whose answer is no JSON: last of all, and only to say so.
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

/// What no type is, so that rustc says what this one lacks.
#[diagnostic::on_unimplemented(
    message = "a tool cannot return `{Self}`; the model is told the answer as JSON",
    label = "not `serde::Serialize`",
    note = "put `#[derive(serde::Serialize)]` on it, or return a `Result` of a type that has it with an error that is `Display`"
)]
pub trait Answerable {}
