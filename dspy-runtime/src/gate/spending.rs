//! The cost and time of a program, and the limits of a release.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::evaluate::Report;
use crate::figure::mean;

/// The mean cost of a run of a program over the rows, whoever paid for it; a part of
/// [`Verdict`](crate::Verdict).
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spending {
    /// LM calls.
    pub calls: f64,
    /// Tokens of prompts and replies.
    pub tokens: f64,
    /// Money by the context's [prices](crate::Context::with_prices), in their currency; `None` where a price is not
    /// known.
    pub cost: Option<f64>,
    /// The time the LM calls of a run take, as if one after another, at the gate's
    /// [percentile](crate::Gate::latency_percentile). It is measured and never the same twice, so no artifact
    /// has it; `None` where one of our caches answered, which takes no time.
    #[serde(skip)]
    pub latency: Option<Duration>,
}

impl Spending {
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn of(report: &Report, percentile: f64) -> Self {
        let rows = report.rows();
        let (usage, count) = (report.usage(), rows.len().max(1) as f64);
        let costs: Option<f64> = rows.iter().map(|row| row.cost).sum();
        Self {
            calls: usage.calls as f64 / count,
            tokens: usage.total_tokens() as f64 / count,
            cost: costs.map(|cost| cost / count),
            latency: (usage.hits == 0).then(|| latency(report, percentile)).flatten(),
        }
    }
}

/// The latency that this part of the rows does not pass: of the nearest rank.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn latency(report: &Report, percentile: f64) -> Option<Duration> {
    let mut latencies: Vec<Duration> = report.rows().iter().map(|row| row.latency).collect();
    latencies.sort();
    let rank = (percentile * latencies.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    latencies.get(rank - 1).copied()
}

impl fmt::Display for Spending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} LM calls and {} tokens", self.calls, mean(self.tokens))?;
        if let Some(cost) = self.cost.filter(|cost| *cost > 0.0) {
            write!(f, " for {cost:.6}")?;
        }
        if let Some(latency) = self.latency {
            write!(f, ", {:.3} s", latency.as_secs_f64())?;
        }
        Ok(())
    }
}

/// The limits on the cost and time of a release.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    pub(super) cost: Option<f64>,
    pub(super) cost_ratio: Option<f64>,
    pub(super) tokens_ratio: Option<f64>,
    pub(super) latency: Option<Duration>,
    pub(super) latency_ratio: Option<f64>,
    pub(super) percentile: f64,
}

impl Default for Limits {
    fn default() -> Self {
        let (cost, cost_ratio, tokens_ratio) = (None, None, None);
        Self { cost, cost_ratio, tokens_ratio, latency: None, latency_ratio: None, percentile: 0.95 }
    }
}

impl Limits {
    /// Returns whether the price of the models must be known.
    pub(super) fn on_cost(&self) -> bool {
        self.cost.is_some() || self.cost_ratio.is_some()
    }

    /// Reports the limits that are passed, and those that cannot be measured.
    pub(super) fn weigh(&self, before: &Spending, after: &Spending) -> (Vec<String>, Vec<String>) {
        let mut found = Found::default();
        let percent = self.percentile * 100.0;
        let seconds = |spending: &Spending| spending.latency.map(|latency| latency.as_secs_f64());
        let unpriced = "the cost of a run is not known: give the context the models' prices (`with_prices`), \
                        or limit tokens (`max_tokens_ratio`)";
        let cached = "latency is not known, since a cache answered: run both programs with \
                      `cx.with_cache(CacheUse::Refresh)`";
        found.most("a run costs", "", self.cost, after.cost, unpriced);
        found.ratio("a run costs", "", self.cost_ratio, (before.cost, after.cost), unpriced);
        let tokens = (Some(before.tokens), Some(after.tokens));
        found.ratio("a run takes", " tokens", self.tokens_ratio, tokens, "");
        let what = format!("{percent} % of the runs take up to");
        found.most(&what, " s", self.latency.map(|most| most.as_secs_f64()), seconds(after), cached);
        found.ratio(&what, " s", self.latency_ratio, (seconds(before), seconds(after)), cached);
        (found.passed, found.unknown)
    }
}

#[derive(Default)]
struct Found {
    passed: Vec<String>,
    unknown: Vec<String>,
}

impl Found {
    fn most(&mut self, what: &str, unit: &str, most: Option<f64>, is: Option<f64>, unknown: &str) {
        match (most, is) {
            (Some(most), Some(is)) if is > most => {
                self.passed.push(format!(
                    "{what} {}{unit}, more than the {}{unit} allowed",
                    short(is),
                    short(most)
                ));
            }
            (Some(_), None) => self.cannot_tell(unknown),
            _ => {}
        }
    }

    fn ratio(
        &mut self,
        what: &str,
        unit: &str,
        ratio: Option<f64>,
        (before, after): (Option<f64>, Option<f64>),
        unknown: &str,
    ) {
        match (ratio, before, after) {
            (Some(ratio), Some(before), Some(after)) if after > before * ratio => self.passed.push(format!(
                "{what} {}{unit}, more than {ratio} times the baseline's {}{unit}",
                short(after),
                short(before)
            )),
            (Some(_), None, _) | (Some(_), _, None) => self.cannot_tell(unknown),
            _ => {}
        }
    }

    fn cannot_tell(&mut self, why: &str) {
        if !self.unknown.iter().any(|known| known == why) {
            self.unknown.push(why.to_owned());
        }
    }
}

/// A number with about four digits that say something.
fn short(number: f64) -> String {
    match number.abs() {
        large if large >= 100.0 => format!("{number:.0}"),
        large if large >= 0.1 => format!("{number:.3}"),
        _ => format!("{number:.6}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spending(tokens: f64, cost: Option<f64>, millis: u64) -> Spending {
        Spending { calls: 1.0, tokens, cost, latency: Some(Duration::from_millis(millis)) }
    }

    #[test]
    fn limits_say_what_is_passed_and_what_cannot_be_told() {
        let limits = Limits {
            cost: Some(0.002),
            cost_ratio: Some(1.5),
            tokens_ratio: Some(2.0),
            latency: Some(Duration::from_millis(800)),
            latency_ratio: Some(2.0),
            percentile: 0.95,
        };
        let (before, dear) = (spending(500.0, Some(0.001), 300), spending(1_100.0, Some(0.0021), 900));
        let (passed, unknown) = limits.weigh(&before, &dear);
        assert_eq!(
            passed,
            [
                "a run costs 0.002100, more than the 0.002000 allowed",
                "a run costs 0.002100, more than 1.5 times the baseline's 0.001000",
                "a run takes 1100 tokens, more than 2 times the baseline's 500 tokens",
                "95 % of the runs take up to 0.900 s, more than the 0.800 s allowed",
                "95 % of the runs take up to 0.900 s, more than 2 times the baseline's 0.300 s",
            ]
        );
        assert!(unknown.is_empty());
        let nobody_knows = Spending { cost: None, latency: None, ..before.clone() };
        let (passed, unknown) = limits.weigh(&before, &nobody_knows);
        assert!(passed.is_empty() && unknown.len() == 2, "{unknown:?}");
        assert!(
            limits.weigh(&before, &before).0.is_empty()
                && Limits::default().weigh(&before, &dear).0.is_empty()
        );
    }
}
