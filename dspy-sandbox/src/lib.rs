//! A part of Python, run in the process within limits that hold: for code that language models write.
//!
//! An [`Engine`] runs pieces of code that share their variables. Nothing outside is there: no file, network,
//! environment, process, clock or random number, only the functions that a [`Link`] gives. [`Limits`] hold against
//! hostile programs, and no program can catch one: each operation counts its work and looks at the clock at least every
//! few milliseconds, memory is counted before it is taken, and depth is bounded, also of what is read, compared, shown
//! and dropped.
//!
//! It is what `dspy-runtime` runs models' code in, with its feature `python`; that crate's `dspy::code::Python` says
//! which part of the language there is, and waits for functions without holding a thread of the caller's.
//!
//! ```
//! use std::time::Duration;
//!
//! use dspy_sandbox::{Engine, Limits, NoLink, Order};
//!
//! let limits = Limits { time: Duration::from_secs(1), memory: 8 << 20, recursion: 100, output: 1 << 16, calls: 10 };
//! // Deep programs need a deep stack.
//! let thread = std::thread::Builder::new().stack_size(Engine::stack_bytes(&limits));
//! let ran = thread.spawn(move || {
//!     let mut engine = Engine::new(limits);
//!     let first = engine.run(Order::new("words = 'one two two'.split()\nprint(len(words))"), NoLink);
//!     assert_eq!(first.map(|ran| ran.printed).ok().as_deref(), Some("3\n"));
//!     let bomb = engine.run(Order::new("'x' * 10 ** 12"), NoLink);
//!     assert!(bomb.is_ok_and(|ran| ran.failure.is_some()));
//!     engine.run(Order::new("words.count('two')"), NoLink)
//! })?;
//! let ran = thread_result(ran.join());
//! assert_eq!(ran.as_deref(), Some("2"));
//!
//! # fn thread_result<E>(ran: Result<Result<dspy_sandbox::Execution, dspy_sandbox::Interruption>, E>) -> Option<String> {
//! #     ran.ok()?.ok()?.value
//! # }
//! # Ok::<(), std::io::Error>(())
//! ```

mod ast;
mod engine;
mod exception;
mod format;
mod lexer;
mod library;
mod limits;
mod machine;
mod memory;
mod number;
mod parser;
mod scope;
mod stop;
mod table;
mod text;
mod value;

pub use engine::{Engine, Execution, Failure, Interruption, Order};
pub use limits::{Limit, Limits};
pub use machine::{Link, NoLink, Reply};

/// The reason a function of the host failed, when no code can repair it.
pub type HostError = Box<dyn std::error::Error + Send + Sync>;

/// The README's program is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
