//! The choice of the kind of change to try next: the one that has paid most, or that little is known of.

use dspy_numbers::statistics::mean;

/// The gain hoped for from a kind that was never tried, or hardly.
const HOPE: f64 = 0.06;

/// A kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// Instructions of a predictor, from the data.
    Data(usize),
    /// Instructions of a predictor, from what it did wrong.
    Mistakes(usize),
    /// Another combination of instructions and demonstrations that are there.
    Combine,
}

/// The kinds, how often each was tried, and what it gained over what it went on from.
#[derive(Clone, Debug)]
pub(super) struct Moves {
    kinds: Vec<(Move, Vec<f64>)>,
}

impl Moves {
    /// The kinds for so many predictors; only combinations where nothing can be proposed.
    pub(super) fn new(predictors: usize, proposes: bool) -> Self {
        let proposed = (0..predictors).flat_map(|place| [Move::Data(place), Move::Mistakes(place)]);
        let kinds = std::iter::once(Move::Combine).chain(proposed.filter(|_| proposes));
        Self { kinds: kinds.map(|kind| (kind, Vec::new())).collect() }
    }

    /// So many kinds, those first that are most likely to pay: what each gained in the mean, and a hope that falls with how
    /// often it was tried. Each comes up once before one comes up again.
    pub(super) fn next(&self, count: usize) -> Vec<Move> {
        let mut ranked: Vec<(Move, f64)> =
            self.kinds.iter().map(|(kind, gains)| (*kind, worth(gains))).collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked.into_iter().map(|(kind, _)| kind).take(count).collect()
    }

    /// Takes note of what a change gained.
    pub(super) fn learn(&mut self, kind: Move, gain: f64) {
        if let Some((_, gains)) = self.kinds.iter_mut().find(|(own, _)| *own == kind) {
            gains.push(gain);
        }
    }

    /// The most that any kind is likely to gain.
    pub(super) fn most(&self) -> f64 {
        self.kinds.iter().map(|(_, gains)| worth(gains)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// Returns the mean gain of each kind, and the number of times it was tried.
    pub(super) fn gains(&self) -> impl Iterator<Item = (Move, f64, usize)> {
        self.kinds.iter().map(|(kind, gains)| (*kind, mean(gains), gains.len()))
    }
}

/// The mean gain, with one of none added, and the hope.
fn worth(gains: &[f64]) -> f64 {
    let tried = gains.len() as f64;
    // A search goes on from its best, so what a kind gained lately tells more.
    let weighed: f64 = gains.iter().rev().zip(0..).map(|(gain, age)| gain * 0.7_f64.powi(age)).sum();
    let weights: f64 = (0..gains.len()).map(|age| 0.7_f64.powi(i32::try_from(age).unwrap_or(i32::MAX))).sum();
    weighed / (weights + 1.0) + HOPE / (1.0 + tried).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_tried_and_then_those_that_pay() {
        let mut moves = Moves::new(2, true);
        assert_eq!(moves.next(5).len(), 5);
        for _ in 0..3 {
            for kind in moves.next(5) {
                moves.learn(kind, if kind == Move::Mistakes(1) { 0.05 } else { -0.02 });
            }
        }
        assert_eq!(moves.next(1), [Move::Mistakes(1)]);
        assert_eq!(Moves::new(2, false).next(3), [Move::Combine]);
    }

    #[test]
    fn hope_falls_where_nothing_is_gained() {
        let mut moves = Moves::new(1, true);
        let hopes: Vec<f64> = (0..6)
            .map(|_| {
                moves.next(3).into_iter().for_each(|kind| moves.learn(kind, 0.0));
                moves.most()
            })
            .collect();
        assert!(hopes.windows(2).all(|pair| pair[1] < pair[0]), "{hopes:?}");
    }
}
