//! Measures of texts, as people compare them: whatever the case, ASCII punctuation, English articles and blanks.

use std::collections::HashMap;

use regex_lite::Regex;
use serde::Serialize;
use serde_json::Value;

use super::comparing;
use crate::error::{Error, ErrorKind, Result};
use crate::evaluate::{AnyMetric, Score};

/// The most characters of a value that feedback shows.
const SHOWN: usize = 300;

/// 1 if the output is the wanted text, else 0, whatever the case, ASCII punctuation, English articles and
/// blanks.
///
/// Both are any values that serialize: a text, an enum, a number. If what is wanted is a list, each of its
/// values is right. No LM calls. Texts are normalised as in the script of SQuAD: Rajpurkar et al., "SQuAD:
/// 100,000+ Questions for Machine Comprehension of Text" (2016).
///
/// # Example
///
/// ```
/// use dspy::evaluate::metrics::exact_match;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Evaluate, Predict, Rows};
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
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
/// let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nparis.".into()));
/// let metric = exact_match(|row: &Capital| &row.capital, |out: &CapitalOutput| &out.capital);
/// let report = Evaluate::new(metric).run(&cx, &Predict::<Capital>::new(), &rows).await?;
/// assert_eq!(report.score(), 0.5);
/// assert_eq!(report.rows()[1].feedback.as_deref(), Some("wanted `Rome`, `paris.` came"));
/// # Ok(())
/// # }
/// ```
pub fn exact_match<R: 'static, O: 'static, A, B>(
    wanted: impl Fn(&R) -> &A + Send + Sync + 'static,
    given: impl Fn(&O) -> &B + Send + Sync + 'static,
) -> AnyMetric<R, O>
where
    A: Serialize + ?Sized + 'static,
    B: Serialize + ?Sized + 'static,
{
    comparing("exact_match", wanted, given, |wanted, given| {
        let (wanted, given) = (answers(&wanted)?, text(&given));
        let bare = normalized(&given);
        Ok(match wanted.iter().any(|wanted| normalized(wanted) == bare) {
            true => Score::from(true).because(format!("{} is right", quoted(&given))),
            false => {
                Score::from(false).because(format!("wanted {}, {} came", one_of(&wanted), quoted(&given)))
            }
        })
    })
}

/// The harmonic mean of two shares, from 0 to 1: how many words of the output are wanted, and how many
/// wanted words are in the output.
///
/// Words are compared as [`exact_match`] compares texts, and counted as often as they
/// occur; where nothing is left of one text, the score is 1 if nothing is left of the other either. If
/// what is wanted is a list, the best of its texts counts. No LM calls. After Rajpurkar et al., "SQuAD:
/// 100,000+ Questions for Machine Comprehension of Text" (2016).
///
/// # Example
///
/// ```
/// use dspy::evaluate::metrics::token_f1;
/// use dspy::{Evaluate, Metric};
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
/// let metric = token_f1(|row: &Capital| &row.capital, |out: &CapitalOutput| &out.capital);
/// assert_eq!(Metric::<Capital, CapitalOutput>::name(&metric), "token_f1");
/// let evaluate = Evaluate::new(metric);
/// # let _ = evaluate;
/// ```
pub fn token_f1<R: 'static, O: 'static, A, B>(
    wanted: impl Fn(&R) -> &A + Send + Sync + 'static,
    given: impl Fn(&O) -> &B + Send + Sync + 'static,
) -> AnyMetric<R, O>
where
    A: Serialize + ?Sized + 'static,
    B: Serialize + ?Sized + 'static,
{
    comparing("token_f1", wanted, given, |wanted, given| {
        let (wanted, given) = (answers(&wanted)?, text(&given));
        let best = wanted
            .iter()
            .map(|wanted| Overlap::of(wanted, &given))
            .reduce(|best, next| if next.f1 > best.f1 { next } else { best });
        let Overlap { f1, missing, extra } = best.unwrap_or_default();
        if missing.is_empty() && extra.is_empty() {
            return Ok(Score::from(f1).because(format!("{} has the right words", quoted(&given))));
        }
        let mut why = format!("wanted {}, {} came", one_of(&wanted), quoted(&given));
        for (what, words) in [("missing", missing), ("not wanted", extra)] {
            if !words.is_empty() {
                why.push_str(&format!("; {what}: {}", quoted(&words.join(" "))));
            }
        }
        Ok(Score::from(f1).because(why))
    })
}

/// The share of the wanted texts, from 0 to 1, that the output has somewhere, as whole words.
///
/// What is wanted is one value or a list of values, of which each counts the same. Texts are compared as
/// [`exact_match`] does. No LM calls.
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
    Ok(AnyMetric::named(name, move |_: &R, output: &O| -> Result<Score> {
        let given = text(&serde_json::to_value(given(output))?);
        let right = regex.is_match(&given);
        let says = if right { "fits" } else { "does not fit" };
        Ok(Score::from(right).because(format!("{} {says} the pattern `{regex}`", quoted(&given))))
    }))
}

/// The overlap of two texts.
#[derive(Debug, Default)]
struct Overlap {
    f1: f64,
    missing: Vec<String>,
    extra: Vec<String>,
}

impl Overlap {
    #[allow(clippy::cast_precision_loss)]
    fn of(wanted: &str, given: &str) -> Self {
        let (wanted, given) = (normalized(wanted), normalized(given));
        let mut open: HashMap<&str, usize> = HashMap::new();
        for word in wanted.split(' ').filter(|word| !word.is_empty()) {
            *open.entry(word).or_default() += 1;
        }
        let (mut shared, mut came, mut extra) = (0_usize, 0_usize, Vec::new());
        for word in given.split(' ').filter(|word| !word.is_empty()) {
            came += 1;
            match open.get_mut(word).filter(|count| **count > 0) {
                Some(count) => {
                    *count -= 1;
                    shared += 1;
                }
                None => extra.push(word.to_owned()),
            }
        }
        let mut missing = Vec::new();
        for word in wanted.split(' ') {
            if let Some(count) = open.get_mut(word).filter(|count| **count > 0) {
                *count -= 1;
                missing.push(word.to_owned());
            }
        }
        let all = shared + missing.len() + came;
        // Two shares' harmonic mean: 2pr / (p + r) = 2 * shared / (words of both).
        let f1 = if all == 0 { 1.0 } else { 2.0 * shared as f64 / all as f64 };
        Self { f1, missing, extra }
    }
}

/// A text without what does not make it another answer: case, ASCII punctuation, English articles, and
/// how much blank there is. The order of the steps is that of the SQuAD script: punctuation goes without
/// leaving a blank, so `cat-dog` becomes `catdog`.
pub(super) fn normalized(text: &str) -> String {
    let bare: String = text.to_lowercase().chars().filter(|c| !c.is_ascii_punctuation()).collect();
    let words = bare.split_whitespace().filter(|word| !["a", "an", "the"].contains(word));
    words.collect::<Vec<_>>().join(" ")
}

/// A value as one text: a string as it is, nothing as no text, anything else as JSON.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The right answers: those in a list, else the one value.
pub(super) fn answers(value: &Value) -> Result<Vec<String>> {
    match value {
        Value::Array(several) if several.is_empty() => {
            Err(Error::new(ErrorKind::Metric, "the row has no right answer to compare with"))
        }
        Value::Array(several) => Ok(several.iter().map(text).collect()),
        one => Ok(vec![text(one)]),
    }
}

/// A text as feedback shows it.
pub(super) fn quoted(text: &str) -> String {
    if text.trim().is_empty() {
        return "nothing".to_owned();
    }
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// Several texts of which one is enough.
pub(super) fn one_of(texts: &[String]) -> String {
    texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_definition_holds() {
        let f1 = |given, wanted| Overlap::of(wanted, given).f1;
        assert!((f1("Eiffel Tower is in Paris", "Paris") - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((f1("the", ""), f1("", "Paris"), f1("Paris", "")), (1.0, 0.0, 0.0));
        assert!((f1("b b a c", "b c c") - 4.0 / 6.0).abs() < 1e-12, "each word as often as it occurs");
    }

    #[test]
    fn texts_lose_case_punctuation_articles_and_blanks() {
        assert_eq!(normalized("A  The,Cat-dog's é"), "thecatdogs é");
        assert_eq!(normalized(" The  Eiffel\tTower! "), "eiffel tower");
        assert_eq!(normalized("theory an' a"), "theory");
        assert_eq!(normalized("the"), "");
    }

    #[test]
    fn feedback_is_bounded_and_cuts_between_characters() {
        let shown = quoted(&"é".repeat(SHOWN + 1));
        assert_eq!(shown.chars().count(), SHOWN + 3);
        assert_eq!(quoted(" "), "nothing");
    }
}
