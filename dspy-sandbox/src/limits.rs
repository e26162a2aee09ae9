//! What a run may take.

use std::time::Duration;

/// What a run of code may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one run may compute, without the calls of the host's functions.
    pub time: Duration,
    /// How many bytes all values of an engine may take, the inputs too.
    pub memory: usize,
    /// How many calls of functions may be in each other; at most about 5,000.
    pub recursion: usize,
    /// How many bytes one run may print.
    pub output: usize,
    /// How many calls of the host's functions one run may make.
    pub calls: usize,
}

/// Which of the [`Limits`] a run has met.
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
