//! A text that fits a pattern.

use regex_lite::Regex;
use serde::Serialize;

use super::field::judging;
use super::text::{quoted, text};
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{AnyMetric, Score};

/// 1 if the pattern is found in the output, else 0; write `^…$` for the whole of it.
///
/// The pattern has the syntax of the `regex` crate, without Unicode classes. No LM calls.
///
/// # Errors
///
/// When the pattern is none.
///
/// # Example
///
/// ```
/// use dspy::Evaluate;
/// use dspy::evaluate::metrics::matches;
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
/// let metric = matches(r"^[A-Z]\w+$", |out: &CapitalOutput| &out.capital)?;
/// let evaluate = Evaluate::<Capital, _>::new(metric);
/// assert!(matches::<Capital, CapitalOutput, _>("[", |out| &out.capital).is_err());
/// # let _ = evaluate;
/// # Ok::<(), dspy::Error>(())
/// ```
pub fn matches<R: 'static, O: 'static, B: Serialize + ?Sized + 'static>(
    pattern: &str,
    given: impl Fn(&O) -> &B + Send + Sync + 'static,
) -> Result<AnyMetric<R, O>> {
    let regex = Regex::new(pattern).map_err(|error| {
        Error::new(ErrorKind::NotConfigured, format!("`{pattern}` is no pattern: {error}"))
    })?;
    let name = format!("matches({pattern})");
    Ok(judging(&name, move |_: &R, output: &O| {
        let given = text(&serde_json::to_value(given(output))?);
        let right = regex.is_match(&given);
        let says = if right { "fits" } else { "does not fit" };
        Ok(Score::from(right).because(format!("{} {says} the pattern `{regex}`", quoted(&given))))
    }))
}
