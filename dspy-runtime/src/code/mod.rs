//! Programs that write code, and what runs it.
//!
//! | program | writes code | answers |
//! |---|---|---|
//! | [`ProgramOfThought`] | once, and again where it fails | from what the code computed |
//! | [`CodeAct`] | in turns, with tools as functions | from what all turns printed |
//! | [`Rlm`] | in turns, to explore inputs that are too long for a prompt | by the code itself |
//!
//! An [`Interpreter`] runs the code, within [`Limits`], and each run is a step of the trace. [`Python`], with the
//! feature `python`, is one that needs nothing else and holds in this process.
//!
#![cfg_attr(
    not(feature = "python"),
    doc = "[`Python`]: https://docs.rs/dspy-runtime/latest/dspy/code/struct.Python.html"
)]
//! # Why a Python of its own
//!
//! What counts is that limits hold inside of a process that also serves others, that nothing outside can be reached,
//! that functions of the host can be waited for, that variables live from one run to the next, and that it needs
//! nothing but this crate. These were looked at:
//!
//! - [monty](https://docs.rs/monty) 0.0.23, the Python of Pydantic in Rust: the widest part of the language, and host
//!   functions that suspend. But its memory limit holds only where its allocator is the whole program's, and then ends
//!   the process: here, under a limit of 64 MB and 2 s, a list grew to 781 MB until the time was up. Its crash-proof
//!   form takes a worker program that has to be installed. It takes Rust 1.95, where this crate takes 1.89, and about
//!   125 crates. An [`Interpreter`] over its pool of workers is the way to more of the language.
//! - RustPython: almost all of Python, and the files and processes of the machine with it. No sandbox.
//! - Starlark: hermetic, but without `while`, `try` and exceptions, which models write all the time.
//! - Python as WebAssembly: the strongest wall, and a binary of 54 MB that comes from no registry of crates.
//! - Rhai and others: limits that hold, in a language that models write badly.
//!
//! So the one here is a part of Python that is written for its limits, in safe Rust: the crate
//! `dspy-sandbox`, which knows nothing of the rest of this one.

mod code_act;
mod coder;
mod execution;
mod functions;
mod interpreter;
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
pub use interpreter::{Host, HostReply, Interpreter, Limits, NoFunctions, Session};
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
