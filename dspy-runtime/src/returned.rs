//! The value that a function has returned, whatever that is: a value, or a `Result` of one with any error.
//!
//! Generated code does not know the type of what it calls, so it asks by a method. Rust looks for a method of the type
//! itself before it looks for one of a trait, and for one that takes `self` before one that takes a reference to it. Of
//! several methods of one name the most special is therefore found first: that of a `Result` with this crate's error,
//! that of a `Result` with another, that of a value. Wires read a program's value so (`result`), tools an answer for
//! a model (`value`).

use crate::error::{Error, Result};

/// The value that a function has returned.
#[allow(missing_debug_implementations)]
pub struct Returned<T>(Option<T>);

impl<T> Returned<T> {
    /// Takes it.
    pub fn new(made: T) -> Self {
        Self(Some(made))
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// The value, which is taken once: methods that take a reference to `self` do so no more than those that take it.
    pub(crate) fn take(&mut self) -> Result<T> {
        self.0.take().ok_or_else(|| Error::internal("what a function has returned was taken twice"))
    }
}
