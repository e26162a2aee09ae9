//! Typed, self-improving language-model programs.

// Errors are one boxed pointer; futures are what async code is made of.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod fingerprint;
mod problem;
mod random;
mod repair;

// Layer 1: what a program says.
pub mod data;
pub mod signature;
mod value;

// Layer 2: text in, text out.
pub mod adapter;
pub mod parse;

// Layer 3: the outside world.
mod context;
pub mod lm;
pub mod trace;

// Layer 4: programs.
pub mod artifact;
pub mod module;
pub mod predict;

// Layer 5: judging.
pub mod evaluate;
pub mod gate;

// Layer 6: searching.
pub mod optimize;

#[doc(hidden)]
pub mod __private;

pub use dspy_macros::{module, signature};

pub use adapter::{Adapter, ChatAdapter, JsonAdapter};
pub use artifact::Artifact;
pub use context::{Budget, Context, Exchange, HistoryView};
pub use data::{Rows, Splits};
pub use error::{Error, ErrorKind, Result};
pub use evaluate::{Evaluate, Metric, Report, Score};
pub use gate::{Decision, Gate, Verdict};
pub use lm::{LanguageModel, Lm, Usage};
pub use module::{Module, Predictors};
pub use optimize::{BootstrapFewShot, Compiled, LabeledFewShot, Plan, RandomSearch};
pub use predict::{ChainOfThought, Predict, Prediction, Predictor, PredictorState, ProgramState, Reasoned};
pub use problem::Problem;
pub use repair::Repair;
pub use signature::{Row, Schema, Signature, TypeSpec};
pub use trace::{Step, Trace};
pub use value::Record;
