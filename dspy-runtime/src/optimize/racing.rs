//! When to stop scoring a candidate that will not win.
//!
//! Pure arithmetic over scores that are there. A race is run in rounds: every candidate is scored on the
//! rows of a round before anything is decided, so that what is decided does not depend on which reply
//! came first.

use dspy_numbers::statistics::{above, evidence};
use serde::Serialize;

/// The treatment of a candidate that falls behind. It is scored on the validation rows in rounds, and
/// left where it cannot, or will hardly, be the best; only candidates that were scored on every row can
/// win.
///
/// With each policy the lossless bound holds: a candidate that could not win even if all rows that are
/// left were right is left.
///
/// How many rows the worse of two prompts is run on, and how often the better one is left, on recorded
/// outcomes of two prompts on 27 tasks of BIG-Bench Hard, 100 random orders of each:
///
/// | policy | under 5 points apart | 5 to 15 | over 15 | all | better one left |
/// |---|---|---|---|---|---|
/// | lossless | 92 % | 82 % | 54 % | 69 % | never |
/// | futility, 0.01 | 75 % | 36 % | 9 % | 28 % | 0.7 % (of those under 5 points apart 4.3 %) |
/// | futility, 0.05 | 57 % | 24 % | 8 % | 21 % | 2.4 % |
/// | e-process, 0.05 | 88 % | 71 % | 14 % | 44 % | never |
///
/// # Example
///
/// ```
/// use dspy::optimize::Racing;
///
/// assert_eq!(Racing::default(), Racing::Lossless);
/// let thrifty = Racing::Futility { delta: 0.01 };
/// # let _ = thrifty;
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Racing {
    /// The lossless bound alone: the winner is always the one of full scoring.
    #[default]
    Lossless,
    /// In each round the better half goes on, at least one. After Jamieson and Talwalkar,
    /// "Non-stochastic Best Arm Identification and Hyperparameter Optimization" (2016).
    Halving,
    /// Leaves a candidate whose predicted final lead over the best one so far is positive with a
    /// probability below `delta`. Rows are visited by how much candidates disagree on them, which tells
    /// soonest; the prediction starts from how hard each row was for others.
    Futility {
        /// The least probability of winning that is worth the calls.
        delta: f64,
    },
    /// Leaves a candidate once it is shown to be worse than the best one so far: a test martingale (a
    /// sign test, mixed over every advantage) passes 1 / `alpha`, which however often one looks happens
    /// with a probability of at most `alpha` to one that is not worse. After Ramdas et al.,
    /// "Game-theoretic statistics and safe anytime-valid inference" (2023).
    EProcess {
        /// The most probable share of wrong stops.
        alpha: f64,
    },
}

impl Racing {
    /// Returns the number of runs that a race of so many candidates is expected to take, where it is known before.
    pub(super) fn runs(self, candidates: usize, rows: usize) -> usize {
        if self != Self::Halving {
            return candidates * rows;
        }
        let race = Race { racing: self, earlier: &[], best: None, range: (0.0, 1.0), rows };
        let (mut runs, mut running, mut seen) = (0, candidates, 0);
        for end in race.schedule().1 {
            runs += running * (end - seen);
            running = running.div_ceil(2);
            seen = end;
        }
        runs
    }
}

/// The rows after which no fewer are looked at, and how many a round adds.
const FIRST: usize = 20;
const STEP: usize = 10;

/// The standing of a candidate in the middle of a round.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    pub(super) runs: bool,
    /// The sum of its scores on the rows of this round and of those before.
    pub(super) sum: f64,
    /// The number of these rows that are not scored yet.
    pub(super) open: usize,
}

/// The knowledge before candidates race.
pub(super) struct Race<'a> {
    pub(super) racing: Racing,
    /// The scores of earlier candidates on the rows, each row with those that were scored on it.
    pub(super) earlier: &'a [Vec<f64>],
    /// The scores of the best candidate so far, if there is one, by row.
    pub(super) best: Option<&'a [f64]>,
    /// The least and the most that a row can score.
    pub(super) range: (f64, f64),
    pub(super) rows: usize,
}

impl Race<'_> {
    /// The order in which rows are scored, and where rounds end.
    pub(super) fn schedule(&self) -> (Vec<usize>, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.rows).collect();
        let ends: Vec<usize> = match self.racing {
            // Before half of the rows the bound can hardly hold.
            Racing::Lossless => (4..8).map(|eighths| self.rows * eighths / 8).collect(),
            Racing::Halving => (1..4).map(|power| self.rows >> (4 - power)).collect(),
            Racing::Futility { .. } | Racing::EProcess { .. } => {
                (FIRST..self.rows).step_by(STEP.max(self.rows / 16)).collect()
            }
        };
        if matches!(self.racing, Racing::Futility { .. }) {
            let spread: Vec<f64> = (0..self.rows).map(|row| self.variance(row)).collect();
            order.sort_by(|a, b| spread[*b].total_cmp(&spread[*a]).then(a.cmp(b)));
        }
        let mut ends: Vec<usize> = ends.into_iter().filter(|end| *end > 0 && *end < self.rows).collect();
        ends.push(self.rows);
        ends.dedup();
        (order, ends)
    }

    /// Returns the candidates that go on, of those whose scores so far are given in the order of rows.
    ///
    /// `scores[candidate]` is `None` for one that was left before.
    pub(super) fn go_on(&self, order: &[usize], scores: &[Option<Vec<f64>>]) -> Vec<bool> {
        let mut keep: Vec<bool> = scores.iter().map(Option::is_some).collect();
        let sums: Vec<f64> = scores.iter().map(|own| own.iter().flatten().sum()).collect();
        for (candidate, own) in scores.iter().enumerate() {
            let Some(own) = own else { continue };
            keep[candidate] = !self.is_lost(candidate, own, scores, &sums) && !self.is_unlikely(order, own);
        }
        if self.racing == Racing::Halving {
            halve(&mut keep, &sums);
        }
        keep
    }

    /// Returns the candidates that go on after the round whatever the rest of it comes to.
    ///
    /// Nothing that depends on the rest may be decided early, so this is known for the lossless bound alone.
    pub(super) fn surely_go_on(&self, standings: &[Standing], end: usize) -> Vec<bool> {
        if self.racing != Racing::Lossless {
            return vec![false; standings.len()];
        }
        // Sums are in the order of arrival here and in that of the rows there.
        const ROUNDING: f64 = 1e-6;
        let (worst, best) = self.range;
        let after = (self.rows - end) as f64;
        let least = |own: &Standing| own.sum + own.open as f64 * worst + after * best;
        let most = |other: &Standing| other.sum + other.open as f64 * best + after * worst;
        let bar = self.best.map_or(f64::NEG_INFINITY, |scores| scores.iter().sum());
        let (mut first, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for sum in standings.iter().filter(|standing| standing.runs).map(most) {
            second = second.max(sum.min(first));
            first = first.max(sum);
        }
        let beats = |own: &Standing| {
            let others = if most(own) < first { first } else { second };
            least(own) > bar.max(others) + ROUNDING
        };
        standings.iter().map(|standing| standing.runs && beats(standing)).collect()
    }

    // Ties go to the earlier candidate, so an earlier one beats by drawing level.
    fn is_lost(&self, candidate: usize, own: &[f64], scores: &[Option<Vec<f64>>], sums: &[f64]) -> bool {
        let left = (self.rows - own.len()) as f64;
        let most = sums[candidate] + left * self.range.1;
        if self.best.is_some_and(|best| most <= best.iter().sum()) {
            return true;
        }
        scores.iter().enumerate().any(|(other, scored)| {
            let least = sums[other] + left * self.range.0;
            scored.is_some() && (most < least || (other < candidate && most <= least))
        })
    }

    fn is_unlikely(&self, order: &[usize], own: &[f64]) -> bool {
        let Some(best) = self.best else { return false };
        let (seen, rest) = order.split_at(own.len());
        match self.racing {
            Racing::Lossless | Racing::Halving => false,
            Racing::Futility { delta } => own.len() >= FIRST && self.chance(own, best, seen, rest) < delta,
            Racing::EProcess { alpha } => {
                let pairs = own.iter().zip(seen).map(|(own, row)| (*own, best[*row]));
                evidence(pairs) >= -alpha.ln()
            }
        }
    }

    /// Returns the chance that the candidate ends at least half a row ahead of the best, by a normal
    /// prediction.
    fn chance(&self, own: &[f64], best: &[f64], seen: &[usize], rest: &[usize]) -> f64 {
        let information = |rows: &[usize]| rows.iter().map(|row| self.variance(*row)).sum::<f64>();
        let (known, open) = (information(seen), information(rest));
        let expected: f64 = seen.iter().map(|row| self.mean(*row)).sum();
        let scored: f64 = own.iter().sum();
        let shift = (scored - expected) / (known + 2.0);
        let lead = scored - seen.iter().map(|row| best[*row]).sum::<f64>();
        let ahead: f64 = rest.iter().map(|row| self.mean(*row) - best[*row]).sum();
        let predicted = lead + ahead + shift * open;
        let variance = open + open * open / (known + 2.0) + 0.25;
        above(0.5, predicted, variance.sqrt())
    }

    // With half a row of each outcome added, so that no row is thought certain.
    fn mean(&self, row: usize) -> f64 {
        let scores = self.earlier.get(row).map_or(&[][..], Vec::as_slice);
        (scores.iter().sum::<f64>() + 0.5) / (scores.len() as f64 + 1.0)
    }

    fn variance(&self, row: usize) -> f64 {
        let mean = self.mean(row).clamp(0.0, 1.0);
        mean * (1.0 - mean)
    }
}

fn halve(keep: &mut [bool], sums: &[f64]) {
    let mut alive: Vec<usize> = (0..keep.len()).filter(|candidate| keep[*candidate]).collect();
    alive.sort_by(|a, b| sums[*b].total_cmp(&sums[*a]).then(a.cmp(b)));
    for candidate in alive.iter().skip(alive.len().div_ceil(2)) {
        keep[*candidate] = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dspy_numbers::random::Keyed;

    fn race<'a>(racing: Racing, best: Option<&'a [f64]>, rows: usize, earlier: &'a [Vec<f64>]) -> Race<'a> {
        Race { racing, earlier, best, range: (0.0, 1.0), rows }
    }

    #[test]
    fn rounds_cover_every_row_once() {
        for rows in [1, 2, 7, 20, 50, 100, 1_000] {
            for racing in [
                Racing::Lossless,
                Racing::Halving,
                Racing::Futility { delta: 0.01 },
                Racing::EProcess { alpha: 0.05 },
            ] {
                let (mut order, ends) = race(racing, None, rows, &[]).schedule();
                assert_eq!(ends.last(), Some(&rows), "{racing:?}");
                assert!(ends.windows(2).all(|pair| pair[0] < pair[1]), "{racing:?} {ends:?}");
                order.sort_unstable();
                assert_eq!(order, (0..rows).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_lossless_bound_leaves_only_what_cannot_win() {
        let best = [1.0, 1.0, 1.0, 0.0];
        let race = race(Racing::Lossless, Some(&best), 4, &[]);
        let order = [0, 1, 2, 3];
        // Two rows are left: 1 + 2 draws level with 3, which is not enough; 2 + 2 is.
        let scores = vec![Some(vec![1.0, 0.0]), Some(vec![1.0, 1.0]), None];
        assert_eq!(race.go_on(&order, &scores), [false, true, false]);
    }

    #[test]
    fn among_equals_the_earlier_one_wins() {
        let race = race(Racing::Lossless, None, 2, &[]);
        let scores = vec![Some(vec![1.0, 1.0]), Some(vec![1.0, 1.0])];
        assert_eq!(race.go_on(&[0, 1], &scores), [true, false]);
    }

    #[test]
    fn what_surely_goes_on_does() {
        let mut early = 0;
        for trial in 0..2_000_u64 {
            let mut random = Keyed::new(trial, &["surely"]);
            let (rows, end) = (20, 5 + random.below(15));
            let scores: Vec<Vec<f64>> =
                (0..4).map(|_| (0..end).map(|_| random.below(3) as f64 / 2.0).collect()).collect();
            let best: Vec<f64> = (0..rows).map(|_| random.below(2) as f64).collect();
            let race = race(Racing::Lossless, (trial % 2 == 0).then_some(&best), rows, &[]);
            let mut standing = |scores: &Vec<f64>| {
                let seen = end - random.below(4);
                Standing { runs: true, sum: scores[..seen].iter().sum(), open: end - seen }
            };
            let standings: Vec<Standing> = scores.iter().map(&mut standing).collect();
            let sure = race.surely_go_on(&standings, end);
            let order: Vec<usize> = (0..rows).collect();
            let kept = race.go_on(&order, &scores.into_iter().map(Some).collect::<Vec<_>>());
            assert!(sure.iter().zip(&kept).all(|(sure, kept)| !sure || *kept), "trial {trial}");
            early += sure.iter().filter(|sure| **sure).count();
        }
        assert!(early > 500, "hardly anybody goes on early: {early}");
    }

    #[test]
    fn a_race_by_halving_takes_two_fifths_of_the_runs() {
        // 18 on 12 rows, 9 on 13 more, 5 on 25, 3 on 50.
        assert_eq!(Racing::Halving.runs(18, 100), 18 * 12 + 9 * 13 + 5 * 25 + 3 * 50);
        assert_eq!(Racing::Lossless.runs(18, 100), 1_800);
        assert_eq!(Racing::Halving.runs(3, 1), 3);
    }

    #[test]
    fn halving_keeps_the_better_half() {
        let race = race(Racing::Halving, None, 100, &[]);
        let scores = vec![Some(vec![0.1]), Some(vec![0.4]), Some(vec![0.3]), None, Some(vec![0.2])];
        assert_eq!(race.go_on(&[], &scores), [false, true, true, false, false]);
    }

    #[test]
    fn rows_that_candidates_disagree_on_come_first() {
        let earlier = vec![vec![1.0; 9], vec![1.0, 0.0, 1.0, 0.0], vec![0.0; 9]];
        let order = race(Racing::Futility { delta: 0.01 }, None, 3, &earlier).schedule().0;
        assert_eq!(order[0], 1);
    }

    #[test]
    fn evidence_is_that_of_the_mixture() {
        // One loss: 2 * integral of p from 1/2 to 1 = 3/4, against 1/2.
        assert!((evidence([(0.0, 1.0)].into_iter()) - 1.5_f64.ln()).abs() < 1e-12);
        assert!((evidence([(1.0, 0.0)].into_iter()) - 0.5_f64.ln()).abs() < 1e-12);
        assert_eq!(evidence([(1.0, 1.0)].into_iter()), 0.0);
    }

    #[test]
    fn the_normal_tail_is_the_published_one() {
        for (z, tail) in [(0.0, 0.5), (1.0, 0.158_655_25), (1.96, 0.024_997_9), (-2.326_35, 0.99)] {
            assert!((above(z, 0.0, 1.0) - tail).abs() < 1e-6, "{z}");
        }
    }

    /// Rows used before a challenger was left, or all.
    fn used(racing: Racing, best: &[f64], challenger: &[f64]) -> usize {
        let earlier: Vec<Vec<f64>> = best.iter().map(|score| vec![*score]).collect();
        let race = race(racing, Some(best), best.len(), &earlier);
        let (order, ends) = race.schedule();
        for end in ends {
            let seen = order[..end].iter().map(|row| challenger[*row]).collect();
            if !race.go_on(&order, &[Some(seen)])[0] {
                return end;
            }
        }
        best.len()
    }

    #[derive(serde::Deserialize)]
    struct Outcomes {
        direct: String,
        cot: String,
    }

    const PERMUTATIONS: u32 = 30;

    /// Recorded outcomes of two prompts on 27 tasks; they are not part of the project.
    fn recorded() -> Option<Vec<(Vec<f64>, Vec<f64>)>> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/bbh_outcomes.jsonl");
        let text = std::fs::read_to_string(file).ok()?;
        let scores = |digits: &str| digits.bytes().map(|digit| f64::from(digit - b'0')).collect();
        let task = |line: &str| {
            let outcomes: Outcomes = serde_json::from_str(line).expect("it is JSON");
            (scores(&outcomes.direct), scores(&outcomes.cot))
        };
        Some(text.lines().map(task).collect())
    }

    #[test]
    fn on_recorded_outcomes_races_save_rows_and_hardly_ever_leave_the_better_prompt() {
        let Some(tasks) = recorded() else {
            println!("skipped: ../shared/data/bbh_outcomes.jsonl is not there");
            return;
        };
        println!(
            "| policy | gap | tasks | rows used on the worse | better one left |\n|---|---|---|---|---|"
        );
        for racing in [
            Racing::Lossless,
            Racing::Futility { delta: 0.01 },
            Racing::Futility { delta: 0.05 },
            Racing::EProcess { alpha: 0.05 },
        ] {
            let mut all = (0.0, 0.0, 0.0);
            for (name, low, high) in
                [("below 5", 0.0, 0.05), ("5 to 15", 0.05, 0.15), ("above 15", 0.15, 1.0)]
            {
                let mut class = (0.0, 0.0, 0.0);
                for (task, (one, other)) in tasks.iter().enumerate() {
                    let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
                    let gap = (mean(one) - mean(other)).abs();
                    if !(low..high).contains(&gap) {
                        continue;
                    }
                    let (better, worse) = if mean(one) >= mean(other) { (one, other) } else { (other, one) };
                    for permutation in 0..PERMUTATIONS {
                        let key = [task.to_string(), permutation.to_string()];
                        let order =
                            Keyed::new(1, &["race", &key[0], &key[1]]).sample(better.len(), better.len());
                        let shuffled =
                            |scores: &[f64]| -> Vec<f64> { order.iter().map(|row| scores[*row]).collect() };
                        let (better, worse) = (shuffled(better), shuffled(worse));
                        class.0 += used(racing, &better, &worse) as f64 / better.len() as f64;
                        class.1 += f64::from(u8::from(used(racing, &worse, &better) < better.len()));
                        class.2 += 1.0;
                    }
                }
                println!(
                    "| {racing:?} | {name} points | {} | {:.0} % | {:.2} % |",
                    class.2 / f64::from(PERMUTATIONS),
                    100.0 * class.0 / class.2,
                    100.0 * class.1 / class.2
                );
                all = (all.0 + class.0, all.1 + class.1, all.2 + class.2);
            }
            let (used, wrong) = (all.0 / all.2, all.1 / all.2);
            println!(
                "| {racing:?} | all | {} | {:.0} % | {:.2} % |",
                all.2 / f64::from(PERMUTATIONS),
                100.0 * used,
                100.0 * wrong
            );
            match racing {
                Racing::Lossless => assert!(wrong == 0.0 && used < 0.95),
                Racing::Futility { delta } if delta < 0.02 => {
                    assert!(wrong <= 0.01 && used < 0.5, "{used} {wrong}")
                }
                _ => assert!(wrong <= 0.05, "{wrong}"),
            }
        }
    }

    /// With no difference, a race must not be lost more often than was agreed, however often one looks.
    #[test]
    fn the_e_process_keeps_its_promise_under_optional_stopping() {
        let mut wrong = 0;
        for stream in 0..10_000_u64 {
            let mut random = Keyed::new(stream, &["null"]);
            let pairs: Vec<(f64, f64)> = (0..100)
                .map(|_| (f64::from(u8::from(random.coin())), f64::from(u8::from(random.coin()))))
                .collect();
            let stops = (1..=100).any(|end| evidence(pairs[..end].iter().copied()) >= -(0.05_f64.ln()));
            wrong += u32::from(stops);
        }
        assert!(wrong <= 500, "{wrong} of 10000 at 5 %");
    }
}
