//! The predictor to change next: the one whose changes paid, and that is at fault.

use std::sync::Arc;

use crate::data::Rows;
use crate::evaluate::Judged;
use crate::signature::{Row, Schema};
use dspy_numbers::random::Keyed;

/// The gain that is hoped for from a predictor before it was changed, and the deviation of that.
const HOPE: f64 = 0.03;
const SPREAD: f64 = 0.1;
/// The deviation of a gain that is measured on a minibatch.
const NOISE: f64 = 0.12;
/// The weight of a predictor whose steps were all as they should be, beside 1 and more of one whose were not.
const BLAMELESS: f64 = 0.5;

/// The gains of proposals so far, for each predictor. One that was not kept gained nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Credit {
    gains: Vec<(f64, usize)>,
}

impl Credit {
    /// Takes note of what a proposal for a predictor gained.
    pub(super) fn learn(&mut self, predictor: usize, gain: f64) {
        if self.gains.len() <= predictor {
            self.gains.resize(predictor + 1, (0.0, 0));
        }
        if let Some((sum, tried)) = self.gains.get_mut(predictor) {
            *sum += gain.max(0.0);
            *tried += 1;
        }
    }

    /// Returns one draw of what changing each of the predictors may gain.
    pub(super) fn draw(&self, predictors: usize, random: &mut Keyed) -> Vec<f64> {
        let draw = |predictor: usize| {
            let (sum, tried) = self.gains.get(predictor).copied().unwrap_or_default();
            let prior = (NOISE / SPREAD).powi(2);
            let weight = prior + tried as f64;
            (HOPE * prior + sum) / weight + NOISE / weight.sqrt() * random.normal()
        };
        (0..predictors).map(draw).collect()
    }
}

/// Returns for each predictor the share of the runs that lost points in which one of its steps had no answer, or another than
/// the row has under that name.
pub(super) fn faults<R: Row>(
    rows: &Rows<R>,
    predictors: &[(String, Arc<Schema>)],
    judged: &[Arc<Judged>],
    perfect: f64,
) -> Vec<f64> {
    let lost: Vec<&Arc<Judged>> = judged.iter().filter(|judged| judged.value() < perfect).collect();
    let is_at_fault = |judged: &Judged, path: &str, schema: &Schema| {
        let row = rows.get(judged.index).and_then(|row| row.to_record().ok()).unwrap_or_default();
        let differs =
            |name: &str, value: &serde_json::Value| row.get(name).is_some_and(|label| label != value);
        judged.trace.steps().filter(|step| *step.path == *path).any(|step| match &step.output {
            Err(_) => true,
            Ok(output) => schema
                .outputs()
                .any(|field| output.get(field.name()).is_some_and(|value| differs(field.name(), value))),
        })
    };
    let share = |(path, schema): &(String, Arc<Schema>)| {
        let faulty = lost.iter().filter(|judged| is_at_fault(judged, path, schema)).count();
        faulty as f64 / lost.len().max(1) as f64
    };
    predictors.iter().map(share).collect()
}

/// Returns the predictor that promises most, by a draw of its gains and by its share in the faults.
pub(super) fn most_promising(draws: &[f64], faults: &[f64]) -> usize {
    // What is drawn may be below none; to be at fault must not make that worse.
    let worth = |(draw, fault): (&f64, &f64)| {
        let weight = BLAMELESS + fault;
        if *draw > 0.0 { draw * weight } else { draw / weight }
    };
    let worths: Vec<f64> = draws.iter().zip(faults).map(worth).collect();
    (0..worths.len())
        .reduce(|best, next| if worths[next] > worths[best] { next } else { best })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share_of_first(credit: &Credit, faults: &[f64]) -> usize {
        let first = |number: &u64| {
            let draws = credit.draw(2, &mut Keyed::new(*number, &["test"]));
            most_promising(&draws, faults) == 0
        };
        (0..200).filter(first).count()
    }

    #[test]
    fn the_turn_goes_to_what_paid_and_to_what_is_at_fault() {
        let mut credit = Credit::default();
        let even = share_of_first(&credit, &[0.5, 0.5]);
        assert!((70..130).contains(&even), "{even}");
        let blamed = share_of_first(&credit, &[0.9, 0.0]);
        assert!(blamed > even, "{blamed}");
        for _ in 0..6 {
            credit.learn(0, 0.25);
            credit.learn(1, -0.25);
        }
        let paid = share_of_first(&credit, &[0.5, 0.5]);
        assert!((150..=200).contains(&paid), "{paid}");
    }
}
