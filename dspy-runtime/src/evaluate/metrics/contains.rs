//! Texts that the output must have somewhere.

use serde::Serialize;

use super::field::comparing;
use super::text::{answers, normalized, quoted, text};
use crate::evaluate::{AnyMetric, Score};

/// The share of the wanted texts, from 0 to 1, that the output has somewhere, as whole words.
///
/// What is wanted is one value or a list of values, of which each counts the same. Texts are compared as
/// [`exact_match`](super::exact_match) does. No LM calls.
///
/// # Example
///
/// ```
/// use dspy::Evaluate;
/// use dspy::evaluate::metrics::contains;
/// # use dspy::signature;
/// # /// Name the capital of a country.
/// # #[signature]
/// # struct Capital {
/// #     #[input]
/// #     country: String,
/// #     /// Its name alone.
/// #     #[output]
/// #     capital: String,
/// # }
///
/// let metric = contains(|row: &Capital| &row.capital, |out: &CapitalOutput| &out.capital);
/// assert_eq!(metric.to_string(), "contains");
/// let evaluate = Evaluate::new(metric);
/// # let _ = evaluate;
/// ```
#[allow(clippy::cast_precision_loss)]
pub fn contains<R: 'static, O: 'static, A, B>(
    wanted: impl Fn(&R) -> &A + Send + Sync + 'static,
    given: impl Fn(&O) -> &B + Send + Sync + 'static,
) -> AnyMetric<R, O>
where
    A: Serialize + ?Sized + 'static,
    B: Serialize + ?Sized + 'static,
{
    comparing("contains", wanted, given, |wanted, given| {
        let (wanted, given) = (answers(&wanted)?, text(&given));
        // Blanks around both keep `art` out of `party`.
        let inside = format!(" {} ", normalized(&given));
        let missing: Vec<String> = wanted
            .iter()
            .filter(|wanted| !inside.contains(&format!(" {} ", normalized(wanted)).replace("  ", " ")))
            .map(|wanted| quoted(wanted))
            .collect();
        let score = Score::from(1.0 - missing.len() as f64 / wanted.len() as f64);
        Ok(match missing.is_empty() {
            true => score.because("has all that is wanted"),
            false => score.because(format!("{} lacks {}", quoted(&given), missing.join(" and "))),
        })
    })
}
