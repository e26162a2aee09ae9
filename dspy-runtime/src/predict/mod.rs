//! Typed predictors: one LM call for a signature.

mod chain_of_thought;
mod dynamic;
mod grammar;
mod plain;
mod typed;

pub use crate::predictor::{Prediction, Predictor, PredictorState, ProgramState};
pub use chain_of_thought::{ChainOfThought, WithReasoning};
pub use dynamic::DynPredict;
pub use plain::Predict;
pub(crate) use plain::read_outputs;
pub use typed::{Ensured, Typed};
