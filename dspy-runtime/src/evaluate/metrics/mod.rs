//! Metrics that are ready to use, and what puts several together.
//!
//! | metric | 1 is given for | LM calls for a row |
//! |---|---|---|
//! | [`exact_match`] | the right text, whatever its case, punctuation and articles | 0 |
//! | [`token_f1`] | the same words | 0 |
//! | [`contains`] | every wanted text somewhere in the output | 0 |
//! | [`matches`](fn@matches) | a text that fits a pattern | 0 |
//! | [`json_equal`] | the same JSON value | 0 |
//! | [`SemanticF1`] | the same ideas, as a model sees it | 1 |
//! | [`Judge`] | what meets a rubric, as a model sees it | 1 |
//! | [`weighted`], [`all`], [`any`] | what the parts say together | those of the parts |
//!
//! The functions give an [`AnyMetric`], which needs no type written and goes wherever a metric goes. All say in
//! their [feedback](crate::Score::because) what was wanted and what came. A reply of a judging model that
//! cannot be read is asked for again, for one more call each time.

mod asking;
mod combine;
mod json_equal;
mod judge;
mod semantic_f1;
mod texts;

use serde::Serialize;
use serde_json::Value;

pub use combine::{all, any, weighted};
pub use json_equal::json_equal;
pub use judge::{Agreement, Judge, Preference};
pub use semantic_f1::SemanticF1;
pub use texts::{contains, exact_match, matches, token_f1};

use crate::error::Result;
use crate::evaluate::{AnyMetric, Score};

/// A metric that compares a field of the row with a field of the outputs.
fn comparing<R, O, A, B>(
    name: &str,
    wanted: impl Fn(&R) -> &A + Send + Sync + 'static,
    given: impl Fn(&O) -> &B + Send + Sync + 'static,
    compare: impl Fn(Value, Value) -> Result<Score> + Send + Sync + 'static,
) -> AnyMetric<R, O>
where
    R: 'static,
    O: 'static,
    A: Serialize + ?Sized + 'static,
    B: Serialize + ?Sized + 'static,
{
    AnyMetric::named(name, move |row: &R, output: &O| -> Result<Score> {
        compare(serde_json::to_value(wanted(row))?, serde_json::to_value(given(output))?)
    })
}
