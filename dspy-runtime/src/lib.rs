//! Typed, self-improving language-model programs.
//!
//! A task is a struct. `#[signature]` turns it into a prompt and a typed reader of replies;
//! `#[module]` wires calls and names the predictors; an optimizer tunes instructions and
//! demonstrations from data and a metric; a gate decides on held-out rows; production loads one
//! reviewed file.
//!
//! ```
//! use dspy::{Context, Lm, Predict, Result, signature};
//!
//! /// Say whether the customer is content.
//! #[signature]
//! struct Judge {
//!     /// What the customer wrote.
//!     #[input]
//!     message: String,
//!     /// Whether the message as a whole is content.
//!     #[output]
//!     content: bool,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<()> {
//! let cx = Context::new(Lm::from_env_or_builtin()?); // DSPY_MODEL, or the built-in model
//! let judge = Predict::<Judge>::new();
//! let reply = judge.call(&cx, JudgeInput { message: "Thanks, well done!".into() }).await?;
//! println!("{} with {}", reply.content, reply.usage());
//! # Ok(())
//! # }
//! ```
//!
//! # Concepts, in reading order
//!
//! 1. [`Signature`]: a task, and the [`Row`](signature::Row) of its data. A field may have any type that is
//!    [`signature::FieldType`].
//! 2. [`Predict`] and [`ChainOfThought`]: one LM call for a signature. [`Prediction`] is what it gives.
//! 3. [`Context`]: the model, the adapter, limits and the budget, passed to every call, never global.
//!    [`Cache`](cache::Cache): replies that are kept, so that nothing is paid for twice. [`mod@adapter`]: in which format
//!    prompts are written and replies read. [`mod@media`] and [`History`]: inputs beyond text.
//!    [`Chat`]: a conversation.
//! 4. [`Module`]: a program; [`Trace`](trace::Trace): what it did. [`mod@strategy`]: programs of programs. [`mod@tool`] and
//!    [`ReAct`]: programs that act. [`mod@retrieve`]: passages for a query.
//!    [`mod@code`]: programs that write code.
//! 5. [`Rows`] and [`Splits`]: data. [`Metric`], [`Evaluate`] and [`Report`]: how good a program is, row by row
//!    on a [`Page`](page::Page), and by other metrics without another run.
//!    [`evaluate::metrics`] are ready to use.
//! 6. [`mod@optimize`]: which optimizer to use when; [`Compiled`] is what it finds.
//! 7. [`Gate`] and [`Verdict`]: whether to release; [`Artifact`]: the file that production loads.
//!    [`mod@dspy_state`]: state of Python DSPy. [`mod@release`]: versions of it, and which one is current.
//!
//! # Cost
//!
//! A call of a predictor is one LM call, and one more for each time that a reply cannot be read and
//! is asked for again ([`Context::with_parse_retries`]). Everything is counted in [`Usage`](lm::Usage), at one place.
//!
//! # Layers
//!
//! A layer uses only those above it, and in a layer nothing goes round in circles; not all modules are public.
//!
#![doc = include_str!("layers.md")]
//!
//! # Features
//!
//! | feature | adds | default |
//! |---|---|---|
//! | `app` | `app::App`, a program as a command line: `run`, `eval`, `compile`, `gate`, `promote` and more | no |
//! | `serve` | `serve::Service`, a program as an HTTP service | no |
//! | `mcp` | `mcp::McpServer`, tools of MCP servers, and `mcp::McpTools`, programs as tools | no |
//! | `documents` | `retrieve::Documents`, passages of files | no |
//! | `python` | `code::Python`, an embedded Python for programs that write code | no |
//! | `monty` | `code::Monty`, a wider Python for them, in worker processes that have to be installed; needs Rust 1.95 | no |
//! | `aws` | `lm::AwsCredentials`, requests to Bedrock that are signed with them, and its streams | no |
//! | `gcp` | `lm::google_credentials`, the credentials of a machine for Vertex AI | no |
//! | `genai` | models of further providers, through the crate [genai](https://docs.rs/genai): `genai/…` at [`Lm::new`] | no |

mod error;
mod figure;
mod file;
mod fingerprint;
mod journal;
mod metric;
mod pool;
mod problem;
mod progress;
mod repair;
mod returned;
mod score;

// What optimizers ask of a model is declared by signatures, too; the macros name `::dspy`.
extern crate self as dspy;

pub mod data;
pub mod media;
pub mod signature;
mod value;

pub mod adapter;
pub mod page;
pub mod parse;
mod prompt;

pub mod batched;
pub mod cache;
pub mod context;
pub mod lm;
pub mod trace;

pub mod agent;
pub mod artifact;
pub mod code;
pub mod dspy_state;
pub mod map;
pub mod module;
pub mod predict;
mod predictor;
pub mod retrieve;
pub mod strategy;
pub mod tool;

pub mod evaluate;
pub mod gate;

pub mod release;

pub mod optimize;

#[cfg(feature = "app")]
pub mod app;
#[cfg(feature = "mcp")]
pub mod mcp;
#[cfg(feature = "serve")]
pub mod serve;

#[doc(hidden)]
pub mod __private;

pub use dspy_macros::{include_artifact, module, predict, signature, tool, value};

pub use agent::ReAct;
pub use artifact::Artifact;
pub use context::{Budget, Context};
pub use data::{Rows, Splits};
pub use error::{Error, ErrorKind, Result};
pub use evaluate::{Evaluate, Metric, Report, Score};
pub use gate::{Gate, Verdict};
pub use lm::Lm;
pub use module::{Chat, Module};
pub use optimize::{Auto, BootstrapFewShot, Compiled, Gepa, Mipro, RandomSearch};
pub use predict::{ChainOfThought, Predict, Prediction};
pub use release::{Live, Store};
pub use signature::{History, Reasoning, Signature};

/// The README's program is compiled with the tests.
#[cfg(all(doctest, feature = "app", feature = "mcp"))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// The examples of the macros are compiled with the tests, too.
#[cfg(doctest)]
#[doc = include_str!("../../dspy-macros/docs/signature.md")]
#[doc = include_str!("../../dspy-macros/docs/module.md")]
#[doc = include_str!("../../dspy-macros/docs/predict.md")]
#[doc = include_str!("../../dspy-macros/docs/include_artifact.md")]
#[doc = include_str!("../../dspy-macros/docs/tool.md")]
#[doc = include_str!("../../dspy-macros/docs/value.md")]
struct Macros;
