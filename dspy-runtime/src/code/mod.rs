//! Programs that write code, and what runs it.
//!
//! | program | writes code | answers |
//! |---|---|---|
//! | [`ProgramOfThought`] | once, and again where it fails | from what the code computed |
//! | [`CodeAct`] | in turns, with tools as functions | from what all turns printed |
//! | [`Rlm`] | in turns, to explore inputs that are too long for a prompt | by the code itself |
//!
//! An [`Interpreter`] runs the code, within [`Limits`], and each run is a step of the trace. Two come with the crate:
//!
//! - `Monty`, with the feature `monty`: Pydantic's Python, in worker processes. The worker has to be installed, and it
//!   takes Rust 1.95, where this crate takes 1.89.
//! - `Python`, with the feature `python`: a small one, embedded, that needs nothing else and holds in this process. It
//!   is for programs that may not start a process, and does not grow any more.
//!
//! `installed` is `Monty` where its worker is found, and the default of programs that name none. Models are told what
//! the interpreter at hand can do, and an error of what it cannot do says what to write instead.
//!
//! # The two Pythons
//!
//! What each runs, as the tests find it, with `Monty` 0.0.23. After a limit of time, memory or output, a session of
//! `Python` goes on with its variables, and one of `Monty` in a new worker with the inputs alone.
//!
#![doc = include_str!("dialect/table.md")]
//!
//! # Others that were looked at
//!
//! What counts is that limits hold against hostile code, that nothing outside can be reached, that functions of the host
//! can be waited for, and that variables live from one run to the next.
//!
//! - monty inside of this process: its memory limit holds only where its allocator is the whole program's, and then ends
//!   the process.
//! - RustPython: almost all of Python, and the files and processes of the machine with it. No sandbox.
//! - Starlark: hermetic, but without `while`, `try` and exceptions, which models write all the time.
//! - Python as WebAssembly: the strongest wall, and a binary of 54 MB that comes from no registry of crates.
//! - Rhai and others: limits that hold, in a language that models write badly.

mod code_act;
mod coder;
#[cfg(any(feature = "python", feature = "monty"))]
#[doc(hidden)]
pub mod dialect;
mod execution;
mod functions;
#[cfg(any(feature = "python", feature = "monty"))]
mod installed;
mod interpreter;
#[cfg(feature = "monty")]
mod monty;
mod output;
mod program_of_thought;
#[cfg(feature = "python")]
mod python;
mod rlm;
mod runs;
mod settings;
mod walk;

pub use code_act::CodeAct;
pub use execution::{CodeError, Execution, Limit};
#[cfg(any(feature = "python", feature = "monty"))]
pub use installed::installed;
pub use interpreter::{Host, HostReply, Interpreter, Limits, NoFunctions, Session};
#[cfg(feature = "monty")]
pub use monty::Monty;
pub use output::{CodeOutput, CodeStopReason, CodeTurn};
pub use program_of_thought::ProgramOfThought;
#[cfg(feature = "python")]
pub use python::Python;
pub use rlm::{Rlm, SubQuery};
#[doc(hidden)]
pub use rlm::{SubQueryInput, SubQueryOutput};
pub use runs::Runs;
#[doc(hidden)]
pub use runs::{RunCode, RunCodeInput, RunCodeOutput};
