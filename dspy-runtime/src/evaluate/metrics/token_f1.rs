//! How many words two texts share.

use std::collections::HashMap;

use serde::Serialize;

use super::field::comparing;
use super::text::{answers, normalized, one_of, quoted, text};
use crate::evaluate::{AnyMetric, Score};

/// The harmonic mean of two shares, from 0 to 1: how many words of the output are wanted, and how many
/// wanted words are in the output.
///
/// Words are compared as [`exact_match`](super::exact_match) compares texts, and counted as often as they
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

/// What two texts share.
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

#[cfg(test)]
mod tests {
    use super::Overlap;

    #[test]
    fn the_published_definition_holds() {
        let f1 = |given, wanted| Overlap::of(wanted, given).f1;
        assert!((f1("Eiffel Tower is in Paris", "Paris") - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!((f1("the", ""), f1("", "Paris"), f1("Paris", "")), (1.0, 0.0, 0.0));
        assert!((f1("b b a c", "b c c") - 4.0 / 6.0).abs() < 1e-12, "each word as often as it occurs");
    }
}
