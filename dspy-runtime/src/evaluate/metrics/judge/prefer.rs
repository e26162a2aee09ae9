//! The comparison of two results.

use futures_util::FutureExt;

use super::Judge;
use crate::context::{Context, Purpose};
use crate::error::Result;
use crate::signature::{Fields, Row};

/// Say by the rubric which of two results of the same task is better. Only what the rubric asks for counts:
/// not length, not style, and not which of them comes first. First give the reason, then the decision.
#[dspy_macros::signature]
struct Compare {
    /// The description of a good result.
    #[input]
    rubric: String,
    /// The task's inputs, as JSON.
    #[input]
    task: String,
    /// A right result to compare with, as JSON, if there is one. Others can be right, too.
    #[input]
    reference: String,
    /// The one result, as JSON.
    #[input]
    result_a: String,
    /// The other result, as JSON.
    #[input]
    result_b: String,
    /// The difference between them by the rubric, in one or two sentences.
    #[output]
    reason: String,
    /// `a` or `b`, or `tie` if neither is better.
    #[output(one_of("a", "b", "tie"))]
    better: String,
}

/// A judge's preference between two results.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preference {
    /// The first, in both orders.
    First {
        /// The reason, in the judge's words.
        reason: String,
    },
    /// The second, in both orders.
    Second {
        /// The reason, in the judge's words.
        reason: String,
    },
    /// Neither: the judge sees a tie, or says something else when they are swapped.
    Neither {
        /// The judge's reason for the order given.
        reason: String,
        /// The judge's reason for the swapped order.
        swapped: String,
    },
}

impl Judge {
    /// Asks which of two outputs for a row is better, once in each order; one wins only where both answers
    /// agree. Costs twice the LM calls of one row, charged to the context.
    ///
    /// # Errors
    ///
    /// When the judge cannot be asked or read.
    pub async fn prefer<R: Row, O: Fields>(
        &self,
        cx: &Context,
        row: &R,
        first: &O,
        second: &O,
    ) -> Result<Preference> {
        let cx = &cx.scoped(|scope| scope.detached().for_purpose(Purpose::Judge));
        let (task, reference) = self.shown(row)?;
        let (first, second) = (first.to_record()?.to_string(), second.to_record()?.to_string());
        let ask = |one: &str, other: &str| {
            let input = CompareInput {
                rubric: self.rubric.clone(),
                task: task.clone(),
                reference: reference.clone(),
                result_a: one.to_owned(),
                result_b: other.to_owned(),
            };
            self.asking.ask::<Compare>(cx, input).boxed()
        };
        let (said, again) =
            futures_util::future::try_join(ask(&first, &second), ask(&second, &first)).await?;
        Ok(match (said.better.as_str(), again.better.as_str()) {
            ("a", "b") => Preference::First { reason: said.reason },
            ("b", "a") => Preference::Second { reason: said.reason },
            _ => Preference::Neither { reason: said.reason, swapped: again.reason },
        })
    }
}
