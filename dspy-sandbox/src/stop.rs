//! The reasons a program does not go on.

use super::exception::Exception;
use super::value::Value;
use crate::HostError;
use crate::Limit;
use std::rc::Rc;

/// The early end of a statement. Only what was raised can be caught.
pub enum Stop {
    /// An exception of the program.
    Raise(Rc<Exception>),
    /// A limit.
    Limit(Limit),
    /// The host took what it was given as the answer.
    Finish(serde_json::Value),
    /// The host failed for a reason that no program can repair.
    Host(HostError),
    /// No one waits for the run.
    Cancelled,
}

/// The result of what a program does.
pub type Run<T = Value> = Result<T, Stop>;

/// An exception of a kind with a message.
pub fn raise(kind: &'static str, message: impl AsRef<str>) -> Stop {
    match Exception::new(kind, message.as_ref()) {
        Ok(exception) => Stop::Raise(exception),
        Err(stop) => stop,
    }
}

/// A value of the wrong type.
pub fn type_error(message: impl AsRef<str>) -> Stop {
    raise("TypeError", message)
}

/// A value that cannot be used.
pub fn value_error(message: impl AsRef<str>) -> Stop {
    raise("ValueError", message)
}
