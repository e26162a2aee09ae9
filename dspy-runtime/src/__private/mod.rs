//! Everything that generated code names. Not covered by semantic versioning; do not use it by hand.

#[allow(missing_docs, missing_debug_implementations)]
pub mod field_access;
#[allow(missing_docs, missing_debug_implementations)]
pub mod tool;
#[allow(missing_docs, missing_debug_implementations)]
pub mod wiring;

use std::path::Path as FsPath;

pub use std::boxed::Box;
pub use std::path::Path;
pub use std::sync::OnceLock;

pub use dspy_macros::{Module, Signature};
pub use {schemars, serde};

#[cfg(feature = "aws")]
pub use crate::lm::access::signed;
pub use crate::lm::replay::Wire;
pub use crate::module::shape::{ArtifactEntry, Differences, FieldNames, Shape, differences};
pub use crate::module::{Build, ForwardResult, Predictors, Program, Visit, VisitMut};
pub use crate::signature::{
    Checked, Constraint, Described, Fields, Reader, SchemaBuilder, Violations, Writer,
};

use serde_json::Number;

use crate::context::Context;
use crate::error::Result;
use crate::predict::{Predict, Prediction};
use crate::signature::Signature;

/// Any JSON. An alias and no `pub use`: with the variant `String` in sight, rustc would print the string
/// of the standard library with its whole path in every error.
pub type Json = serde_json::Value;

/// The stored form of a signature's schema.
pub type Schema = std::sync::Arc<crate::signature::Schema>;

/// A whole number of a bound. What no JSON number can be, no value can be compared with either.
pub fn whole(number: i128) -> Number {
    let small = i64::try_from(number).map(Number::from);
    small.or_else(|_| u64::try_from(number).map(Number::from)).unwrap_or_else(|_| Number::from(i64::MIN))
}

/// A number of a bound, which the macro has checked to be finite.
pub fn float(number: f64) -> Number {
    Number::from_f64(number).unwrap_or_else(|| Number::from(0))
}

/// A value of a constraint. The type itself is not exported here, or rustc would name it by this path.
pub fn value(value: impl Into<serde_json::Value>) -> serde_json::Value {
    value.into()
}

/// The values of a constraint.
pub fn one_of<const N: usize>(values: [serde_json::Value; N]) -> Constraint {
    Constraint::OneOf(Vec::from(values))
}

/// Names the predictors of a new program.
pub fn named<P: Predictors>(program: P) -> P {
    crate::module::name(&program);
    program
}

/// Loads an artifact into a program.
pub fn load<P: Predictors + Program>(program: P, path: &FsPath, cx: &Context) -> Result<P> {
    crate::artifact::Artifact::load(path)?.apply(program, cx)
}

/// Makes the call of a `predict!`. The future borrows nothing, so that it can be spawned.
pub fn predict<S: Signature>(
    cx: &Context,
    input: S::Input,
) -> impl Future<Output = Result<Prediction<S::Output>>> + Send + use<S> {
    let cx = cx.clone();
    async move { Predict::<S>::new().call(&cx, input).await }
}

/// Serializes fields as a map.
pub fn serialize<F: Fields, S: serde::Serializer>(fields: &F, serializer: S) -> Result<S::Ok, S::Error> {
    let record = fields.to_record().map_err(serde::ser::Error::custom)?;
    serde::Serialize::serialize(&record, serializer)
}

/// Deserializes fields from a map.
pub fn deserialize<'de, F: Fields, D: serde::Deserializer<'de>>(deserializer: D) -> Result<F, D::Error> {
    let record = serde::Deserialize::deserialize(deserializer)?;
    F::from_record(record).map_err(serde::de::Error::custom)
}
