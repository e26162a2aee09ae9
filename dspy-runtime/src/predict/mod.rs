//! Predictors: the calls of a program, and the state that optimizers tune.

mod ask;
mod attempt;
mod chain_of_thought;
mod core;
mod digits;
mod dynamic;
mod form;
mod grammar;
mod native;
mod nearest;
mod place;
mod plain;
mod prediction;
mod read;
mod rendered;
mod show;
mod state;
mod typed;
mod vary;

pub use chain_of_thought::{ChainOfThought, Reasoned};
pub use core::Predictor;
pub(crate) use core::{Native, Reading};
pub use dynamic::DynPredict;
pub(crate) use place::Place;
pub use plain::Predict;
pub(crate) use plain::read_outputs;
pub use prediction::Prediction;
pub use state::{PredictorState, ProgramState};
pub use typed::{Ensured, Typed};
