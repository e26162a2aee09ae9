//! The number of rows of each stratum in each split.

/// The number of splits.
pub(super) const SPLITS: usize = 3;

/// Slack for products such as 0.29 · 100, which a computer puts a little beside 29.
const SLACK: f64 = 1e-9;

/// Whole numbers in proportion to the shares, which add up to `rows`: by the largest remainders, and of equal
/// ones the first.
#[allow(clippy::cast_precision_loss)]
pub(super) fn totals(rows: usize, shares: &[f64; SPLITS]) -> [usize; SPLITS] {
    let exact = shares.map(|share| share * rows as f64);
    let mut counts = exact.map(floor);
    let mut order: Vec<usize> = (0..SPLITS).collect();
    order.sort_by(|one, other| rest(exact[*other]).total_cmp(&rest(exact[*one])));
    let left = rows.saturating_sub(counts.iter().sum());
    order.into_iter().cycle().take(left).for_each(|split| counts[split] += 1);
    counts
}

/// The rows of each stratum for each split: each within one row of its exact share, all rows of a stratum
/// given away, and the sums of the splits those of [`totals`].
///
/// Rounding so in both directions is always possible (Cox, A Constructive Procedure for Unbiased Controlled
/// Rounding, 1987). What is left after rounding down is handed out one by one; where a split is full, an earlier
/// stratum changes its mind.
#[allow(clippy::cast_precision_loss)]
pub(super) fn table(strata: &[usize], shares: &[f64; SPLITS]) -> Vec<[usize; SPLITS]> {
    let exact: Vec<[f64; SPLITS]> =
        strata.iter().map(|rows| shares.map(|share| share * *rows as f64)).collect();
    let mut extra = Extra {
        wanted: exact.iter().map(|cells| cells.map(rest)).collect(),
        given: vec![[false; SPLITS]; strata.len()],
        room: totals(strata.iter().sum(), shares),
    };
    for cells in &exact {
        for (room, cell) in extra.room.iter_mut().zip(cells) {
            *room = room.saturating_sub(floor(*cell));
        }
    }
    for (stratum, rows) in strata.iter().enumerate() {
        let left = rows.saturating_sub(exact[stratum].map(floor).iter().sum());
        (0..left).for_each(|_| extra.give(stratum));
    }
    let count = |(cells, given): (&[f64; SPLITS], &[bool; SPLITS])| {
        std::array::from_fn(|split| floor(cells[split]) + usize::from(given[split]))
    };
    exact.iter().zip(&extra.given).map(count).collect()
}

/// The rows that rounding down leaves.
struct Extra {
    /// The parts of rows that each stratum has coming from each split.
    wanted: Vec<[f64; SPLITS]>,
    given: Vec<[bool; SPLITS]>,
    /// The number of rows that each split still takes.
    room: [usize; SPLITS],
}

impl Extra {
    /// Gives one more row of a stratum to the split in which it has most coming, if that has room or can make some.
    fn give(&mut self, stratum: usize) {
        let mut order: Vec<usize> = (0..SPLITS).filter(|split| self.may(stratum, *split)).collect();
        order.sort_by(|one, other| self.wanted[stratum][*other].total_cmp(&self.wanted[stratum][*one]));
        let with_room = order.iter().copied().find(|split| self.room[*split] > 0);
        if let Some(split) =
            with_room.or_else(|| order.into_iter().find(|split| self.make_room(*split, &mut [false; SPLITS])))
        {
            self.given[stratum][split] = true;
            self.room[split] = self.room[split].saturating_sub(1);
        }
    }

    fn may(&self, stratum: usize, split: usize) -> bool {
        self.wanted[stratum][split] > SLACK && !self.given[stratum][split]
    }

    /// Has another stratum take its row in another split.
    fn make_room(&mut self, split: usize, seen: &mut [bool; SPLITS]) -> bool {
        seen[split] = true;
        for other in 0..SPLITS {
            if seen[other] {
                continue;
            }
            let movable = |stratum: &usize| self.given[*stratum][split] && self.may(*stratum, other);
            let Some(stratum) = (0..self.given.len()).find(movable) else { continue };
            if self.room[other] > 0 || self.make_room(other, seen) {
                self.given[stratum][split] = false;
                self.given[stratum][other] = true;
                self.room[other] = self.room[other].saturating_sub(1);
                self.room[split] += 1;
                return true;
            }
        }
        false
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn floor(exact: f64) -> usize {
    (exact + SLACK).floor().max(0.0) as usize
}

#[allow(clippy::cast_precision_loss)]
fn rest(exact: f64) -> f64 {
    (exact - floor(exact) as f64).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dspy_numbers::random::Keyed;

    #[test]
    fn whole_shares_are_met_exactly() {
        assert_eq!(totals(100, &[0.29, 0.29, 0.42]), [29, 29, 42]);
        assert_eq!(totals(10, &[0.5, 0.25, 0.25]), [5, 3, 2]);
        assert_eq!(table(&[4, 8, 40], &[0.5, 0.25, 0.25]), [[2, 1, 1], [4, 2, 2], [20, 10, 10]]);
    }

    #[test]
    #[allow(clippy::cast_precision_loss)]
    fn each_stratum_is_within_a_row_of_its_share_and_sums_are_exact() {
        for case in 0..3_000 {
            let mut random = Keyed::new(case, &["allot"]);
            let (first, second) = (0.05 + 0.6 * random.unit(), 0.05 + 0.25 * random.unit());
            let shares = match random.below(3) {
                0 => [0.5, 0.25, 0.25],
                1 => [1.0 / 3.0; 3],
                _ => [first, second, 1.0 - first - second],
            };
            let strata: Vec<usize> = (0..1 + random.below(12)).map(|_| random.below(20)).collect();
            let table = table(&strata, &shares);
            let mut sums = [0; SPLITS];
            for (rows, cells) in strata.iter().zip(&table) {
                assert_eq!(cells.iter().sum::<usize>(), *rows, "case {case}");
                for split in 0..SPLITS {
                    sums[split] += cells[split];
                    let off = (cells[split] as f64 - *rows as f64 * shares[split]).abs();
                    assert!(off < 1.0, "case {case}: {strata:?} {shares:?} {table:?}");
                }
            }
            assert_eq!(sums, totals(strata.iter().sum(), &shares), "case {case}: {strata:?} {shares:?}");
        }
    }
}
