//! Every call's cost, in one book.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::{Prices, price};
use crate::figure::count;
use crate::lm::{ModelId, ServiceTier, Usage};

/// The shared spending of contexts that were made from one another.
#[derive(Debug, Default)]
pub(super) struct Accounts(Mutex<BTreeMap<Account, Usage>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Account {
    path: Arc<str>,
    model: String,
    purpose: Purpose,
    /// The tier at which the calls were answered, and the length of their prompts in thousands of tokens: a price
    /// may depend on both.
    tier: Option<ServiceTier>,
    thousands: u64,
}

/// The spending, by predictor, model and purpose: every call with its retries, those whose reply could not
/// be read, and those that a cache answered.
///
/// # Example
///
/// ```
/// use dspy::context::{Price, Prices};
/// use dspy::lm::Scripted;
/// use dspy::{Context, Predict, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Scripted::replies(["[[ ## word ## ]]\nParis"]));
/// Predict::<Answer>::new().call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
///
/// let ledger = cx.ledger();
/// assert_eq!((ledger.entries()[0].path.as_str(), ledger.total().calls), ("self", 1));
/// assert_eq!(ledger.cost(), None, "nobody knows what a scripted model costs");
/// println!("{ledger}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ledger {
    entries: Vec<Spent>,
    /// The day on which the prices stood so, where they are list prices.
    #[serde(skip_serializing_if = "Option::is_none")]
    prices_as_of: Option<String>,
}

/// The spending of one predictor on one model for one purpose.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spent {
    /// The predictor.
    pub path: String,
    /// The model that answered, or that was asked where none did.
    pub model: String,
    /// The purpose.
    pub purpose: Purpose,
    /// Calls and tokens.
    pub usage: Usage,
    /// The cost by the context's [`Prices`], in their currency; `None` where the model is not among them.
    /// Calls that failed are not in it, since no provider says what they cost, and it is a lower bound where the
    /// usage is one ([`Usage::partly_counted`]).
    pub cost: Option<f64>,
}

impl Accounts {
    pub(super) fn add(
        &self,
        path: &Arc<str>,
        model: &ModelId,
        purpose: Purpose,
        tier: Option<ServiceTier>,
        usage: Usage,
    ) {
        let (model, thousands) = (model.to_string(), price::thousands(&usage));
        let account = Account { path: path.clone(), model, purpose, tier, thousands };
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *accounts.entry(account).or_default() += usage;
    }

    pub(super) fn ledger(&self, prices: &Prices) -> Ledger {
        let accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut entries: Vec<Spent> = Vec::new();
        for (Account { path, model, purpose, tier, .. }, usage) in accounts {
            let price = model.parse().ok().and_then(|model| prices.answered(&model, tier));
            let cost = price.map(|price| price.of_usage(&usage));
            match entries
                .last_mut()
                .filter(|last| (&*last.path, &last.model, last.purpose) == (&path, &model, purpose))
            {
                Some(last) => {
                    last.usage += usage;
                    last.cost = last.cost.zip(cost).map(|(before, more)| before + more);
                }
                None => entries.push(Spent { path: path.to_string(), model, purpose, usage, cost }),
            }
        }
        Ledger { entries, prices_as_of: prices.as_of().map(str::to_owned) }
    }
}

impl Ledger {
    /// The entries, in the order of paths, models and purposes.
    pub fn entries(&self) -> &[Spent] {
        &self.entries
    }

    /// Returns all entries together.
    pub fn total(&self) -> Usage {
        self.entries.iter().map(|spent| spent.usage).sum()
    }

    /// The cost of all entries; `None` where that of any is unknown.
    pub fn cost(&self) -> Option<f64> {
        self.entries.iter().map(|spent| spent.cost).sum()
    }

    /// Entries together that have something in common, such as `|spent| spent.model.clone()`.
    pub fn by<K: Ord>(&self, key: impl Fn(&Spent) -> K) -> BTreeMap<K, Usage> {
        let mut sums = BTreeMap::<K, Usage>::new();
        for spent in &self.entries {
            *sums.entry(key(spent)).or_default() += spent.usage;
        }
        sums
    }
}

impl fmt::Display for Ledger {
    /// A table, with a last line for all.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cost = |cost: Option<f64>| cost.map_or_else(|| "unknown".to_owned(), |cost| format!("{cost:.4}"));
        let row = |name: [String; 3], usage: &Usage, cost: String| {
            let numbers = [usage.calls, usage.hits, usage.retries, usage.input_tokens];
            let at_least = if usage.partly_counted > 0 { "≥" } else { "" };
            name.into_iter()
                .chain(numbers.map(|number| count(number).to_string()))
                .chain([format!("{at_least}{}", count(usage.output_tokens)), cost])
                .collect::<Vec<_>>()
        };
        let head =
            ["predictor", "model", "purpose", "calls", "cached", "retries", "tokens in", "out", "cost"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(self.entries.iter().map(|spent| {
            let name = [spent.path.clone(), spent.model.clone(), spent.purpose.to_string()];
            row(name, &spent.usage, cost(spent.cost))
        }));
        rows.push(row(["all".to_owned(), String::new(), String::new()], &self.total(), cost(self.cost())));
        let widths: Vec<usize> = (0..head.len())
            .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for row in rows {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
                0..3 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            writeln!(f, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        let is_priced = self.entries.iter().any(|spent| spent.cost.is_some_and(|cost| cost > 0.0));
        match self.prices_as_of.as_ref().filter(|_| is_priced) {
            Some(day) => writeln!(f, "costs in US dollars, at list prices of {day}"),
            None => Ok(()),
        }
    }
}

/// The purpose of an LM call, as ledgers record it.
///
/// # Example
///
/// ```
/// assert_eq!(dspy::context::Purpose::Proposer.to_string(), "proposer");
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Running the program.
    #[default]
    Task,
    /// Running the program to learn from its runs.
    Teacher,
    /// Proposing instructions from data and descriptions.
    Proposer,
    /// Proposing instructions from what went wrong.
    Reflection,
    /// Judging outputs.
    Judge,
}

impl Purpose {
    /// Every purpose, in order.
    pub(crate) const ALL: [Self; 5] =
        [Self::Task, Self::Teacher, Self::Proposer, Self::Reflection, Self::Judge];
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Task => "task",
            Self::Teacher => "teacher",
            Self::Proposer => "proposer",
            Self::Reflection => "reflection",
            Self::Judge => "judge",
        })
    }
}
