//! The limits of a run.

use std::time::Duration;

/// The limits of a run of code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest time one run may compute, without the calls of the host's functions.
    pub time: Duration,
    /// The most bytes that all values of an engine may take, the inputs too.
    pub memory: usize,
    /// The deepest nesting of calls of functions; at most about 5,000.
    pub recursion: usize,
    /// The most bytes that one run may print.
    pub output: usize,
    /// The most calls of the host's functions that one run may make.
    pub calls: usize,
}

/// The one of the [`Limits`] that a run has met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// [`Limits::time`].
    Time,
    /// [`Limits::memory`].
    Memory,
    /// [`Limits::recursion`].
    Recursion,
    /// [`Limits::output`].
    Output,
    /// [`Limits::calls`].
    Calls,
}
