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

mod all;
mod any;
mod ask;
mod contains;
mod exact_match;
mod field;
mod json_equal;
mod judge;
mod matches;
mod semantic_f1;
mod text;
mod token_f1;
mod weighted;

pub use all::all;
pub use any::any;
pub use contains::contains;
pub use exact_match::exact_match;
pub use json_equal::json_equal;
pub use judge::{Agreement, Judge, Preference};
pub use matches::matches;
pub use semantic_f1::SemanticF1;
pub use token_f1::token_f1;
pub use weighted::weighted;

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{AnyMetric, Score};
use crate::trace::Trace;

/// What a metric that is made of others is given of a row.
struct Seen<'a, R, O> {
    cx: Option<&'a Context>,
    row: &'a R,
    output: &'a O,
    trace: &'a Trace,
}

/// The scores of all parts, in their order; they are asked at the same time.
async fn scores<'a, R, O>(
    parts: impl Iterator<Item = &'a AnyMetric<R, O>>,
    seen: &'a Seen<'a, R, O>,
) -> Result<Vec<Score>>
where
    R: Sync + 'static,
    O: Sync + 'static,
{
    let parts: Vec<_> = parts.map(|part| part.score_of(seen.cx, seen.row, seen.output, seen.trace)).collect();
    if parts.is_empty() {
        return Err(Error::new(ErrorKind::Metric, "it has no parts to judge by"));
    }
    futures_util::future::try_join_all(parts).await
}

/// The score of the whole with what the parts say; those that leave nothing to improve are left out unless
/// all do so.
fn merged<'a, R: 'a, O: 'a>(
    value: f64,
    parts: impl Iterator<Item = &'a AnyMetric<R, O>>,
    scores: &[Score],
) -> Score {
    let imperfect = scores.iter().any(|score| score.value < 1.0);
    let says = parts.zip(scores).filter(|(_, score)| !imperfect || score.value < 1.0);
    let says = says.map(|(part, score)| match &score.feedback {
        Some(feedback) => format!("{part}: {feedback}"),
        None => format!("{part}: scored {}", score.value),
    });
    Score::from(value).because(says.collect::<Vec<_>>().join("; "))
}

/// The names of parts, as the name of the whole has them.
fn names<'a, R: 'a, O: 'a>(parts: impl Iterator<Item = &'a AnyMetric<R, O>>) -> String {
    parts.map(AnyMetric::to_string).collect::<Vec<_>>().join(", ")
}

/// Metrics that are made of others: their score from the parts' scores, their cost from the parts' costs.
macro_rules! of_parts {
    ($metric:ident) => {
        impl<R: Send + Sync + 'static, O: Send + Sync + 'static> crate::evaluate::Metric<R, O>
            for $metric<R, O>
        {
            fn score<'a>(
                &'a self,
                row: &'a R,
                output: &'a O,
                trace: &'a crate::trace::Trace,
            ) -> futures_util::future::BoxFuture<'a, crate::error::Result<crate::evaluate::Score>> {
                Box::pin(self.judged(super::Seen { cx: None, row, output, trace }))
            }

            fn score_in<'a>(
                &'a self,
                cx: &'a crate::context::Context,
                row: &'a R,
                output: &'a O,
                trace: &'a crate::trace::Trace,
            ) -> futures_util::future::BoxFuture<'a, crate::error::Result<crate::evaluate::Score>> {
                Box::pin(self.judged(super::Seen { cx: Some(cx), row, output, trace }))
            }

            fn calls(&self, cx: &crate::context::Context) -> u64 {
                self.parts().map(|part| part.calls_in(cx)).sum()
            }

            fn name(&self) -> String {
                self.called()
            }
        }
    };
}

use of_parts;
