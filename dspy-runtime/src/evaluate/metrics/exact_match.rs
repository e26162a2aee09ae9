//! The right text, as people compare texts.

use serde::Serialize;

use super::field::comparing;
use super::text::{answers, normalized, one_of, quoted, text};
use crate::evaluate::{AnyMetric, Score};

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
