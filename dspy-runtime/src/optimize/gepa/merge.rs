//! Two descendants of one candidate, put together predictor by predictor.

use std::collections::BTreeSet;

use super::pool::{Member, highest};
use crate::predict::ProgramState;
use dspy_numbers::random::Keyed;

/// Rows on which a merge is tried first.
pub(super) const SUBSAMPLE: usize = 5;
/// Pairs and ancestors that are looked at before giving up.
const ATTEMPTS: usize = 10;

/// The parts of a merge, and its result.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Merge {
    pub(super) parents: (usize, usize),
    pub(super) ancestor: usize,
    pub(super) state: ProgramState,
}

/// The family of the candidates: their states and who was made from whom.
pub(super) struct Family<'a> {
    pub(super) states: Vec<&'a ProgramState>,
    pub(super) parents: Vec<&'a [usize]>,
    pub(super) members: &'a [Member],
}

impl Family<'_> {
    /// A merge of two of the candidates that was not made before: they have an ancestor that is no better
    /// than either, and for some predictor exactly one of them differs from it.
    pub(super) fn merge(
        &self,
        candidates: &BTreeSet<usize>,
        done: &BTreeSet<(usize, usize, usize)>,
        random: &mut Keyed,
    ) -> Option<Merge> {
        let candidates: Vec<usize> = candidates.iter().copied().collect();
        for _ in 0..ATTEMPTS {
            let pair = random.sample(candidates.len(), 2);
            let [first, second] = pair[..] else { return None };
            let (mut one, mut other) = (candidates[first], candidates[second]);
            if other < one {
                (one, other) = (other, one);
            }
            let ancestors = self.common(one, other, done);
            if ancestors.is_empty() {
                continue;
            }
            let weights: Vec<f64> =
                ancestors.iter().map(|place| self.members[*place].mean.max(1e-9)).collect();
            let ancestor = ancestors[random.weighted(&weights)];
            let state = self.combined(one, other, ancestor, random);
            return Some(Merge { parents: (one, other), ancestor, state });
        }
        None
    }

    fn common(&self, one: usize, other: usize, done: &BTreeSet<(usize, usize, usize)>) -> Vec<usize> {
        let (of_one, of_other) = (self.ancestors(one), self.ancestors(other));
        if of_one.contains(&other) || of_other.contains(&one) {
            return Vec::new();
        }
        let fits = |ancestor: &usize| {
            let mean = self.members[*ancestor].mean;
            mean <= self.members[one].mean
                && mean <= self.members[other].mean
                && !done.contains(&(one, other, *ancestor))
                && self.complements(one, other, *ancestor)
        };
        of_one.intersection(&of_other).copied().filter(fits).collect()
    }

    fn ancestors(&self, place: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = self.parents[place].to_vec();
        while let Some(parent) = open.pop() {
            if found.insert(parent) {
                open.extend(self.parents[parent]);
            }
        }
        found
    }

    fn complements(&self, one: usize, other: usize, ancestor: usize) -> bool {
        self.states[ancestor].iter().any(|(path, before)| {
            let changed = |place: usize| self.states[place].get(path) != Some(before);
            changed(one) != changed(other)
        })
    }

    /// For each predictor the one that changed; where both did, that of the better candidate.
    fn combined(&self, one: usize, other: usize, ancestor: usize, random: &mut Keyed) -> ProgramState {
        let better = match self.members[one].mean.total_cmp(&self.members[other].mean) {
            std::cmp::Ordering::Greater => one,
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Equal => [one, other][random.below(2)],
        };
        let pick = |(path, before): (&str, _)| {
            let changed = |place: usize| self.states[place].get(path) != Some(before);
            let from = match (changed(one), changed(other)) {
                (true, false) => one,
                (false, true) => other,
                _ => better,
            };
            Some((path.to_owned(), self.states[from].get(path)?.clone()))
        };
        self.states[ancestor].iter().filter_map(pick).collect()
    }
}

/// The rows on which a merge is tried: of those that both were run on, a third where the one is better, a
/// third where the other is, the rest where they are equal, filled up at random.
pub(super) fn subsample(one: &Member, other: &Member, random: &mut Keyed) -> Vec<usize> {
    let shared: Vec<(usize, f64)> = one
        .rows
        .iter()
        .zip(&other.rows)
        .enumerate()
        .filter_map(|(row, (one, other))| Some((row, (*one)? - (*other)?)))
        .collect();
    let third = SUBSAMPLE.div_ceil(3);
    let sides: [fn(f64) -> bool; 3] = [|lead| lead > 0.0, |lead| lead < 0.0, |lead| lead == 0.0];
    let mut chosen: Vec<usize> = Vec::new();
    for side in sides {
        let bucket: Vec<usize> = shared.iter().filter(|(_, lead)| side(*lead)).map(|(row, _)| *row).collect();
        let room = third.min(SUBSAMPLE - chosen.len());
        chosen.extend(random.sample(bucket.len(), room).into_iter().map(|place| bucket[place]));
    }
    let rest: Vec<usize> = shared.iter().map(|(row, _)| *row).filter(|row| !chosen.contains(row)).collect();
    let room = SUBSAMPLE - chosen.len();
    chosen.extend(random.sample(rest.len(), room).into_iter().map(|place| rest[place]));
    chosen
}

/// The candidates that merges are made of: those that are best at something.
pub(super) fn mergeable(fronts: &super::pool::Fronts, members: &[Member]) -> BTreeSet<usize> {
    let best: BTreeSet<usize> = fronts.values().flatten().copied().collect();
    let whole: BTreeSet<usize> = highest(members).into_iter().collect();
    best.intersection(&whole).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::PredictorState;

    fn state(a: &str, b: &str) -> ProgramState {
        [("a", PredictorState::new(a)), ("b", PredictorState::new(b))].into_iter().collect()
    }

    fn member(rows: &[f64]) -> Member {
        let mean = rows.iter().sum::<f64>() / rows.len() as f64;
        Member { rows: rows.iter().copied().map(Some).collect(), mean, tokens: 1.0, whole: true }
    }

    fn merged(states: &[ProgramState], members: &[Member], parents: &[&[usize]]) -> Option<Merge> {
        let family = Family { states: states.iter().collect(), parents: parents.to_vec(), members };
        let all = BTreeSet::from([1, 2]);
        family.merge(&all, &BTreeSet::new(), &mut Keyed::new(3, &["test"]))
    }

    #[test]
    fn each_gives_what_it_changed() {
        let states = [state("a", "b"), state("a1", "b"), state("a", "b2")];
        let members = [member(&[0.0]), member(&[1.0]), member(&[1.0])];
        let merge = merged(&states, &members, &[&[], &[0], &[0]]).expect("they complement each other");
        assert_eq!((merge.parents, merge.ancestor), ((1, 2), 0));
        assert_eq!(merge.state, state("a1", "b2"));
    }

    #[test]
    fn where_both_changed_the_better_one_counts() {
        let states = [state("a", "b"), state("a1", "b"), state("a2", "b2")];
        let members = [member(&[0.0]), member(&[0.9]), member(&[0.5])];
        assert_eq!(
            merged(&states, &members, &[&[], &[0], &[0]]).expect("b was changed by one").state,
            state("a1", "b2")
        );
    }

    #[test]
    fn no_merge_with_an_ancestor_without_gain_or_with_nothing_to_give() {
        let states = [state("a", "b"), state("a1", "b"), state("a1", "b2")];
        let members = [member(&[0.0]), member(&[1.0]), member(&[1.0])];
        assert_eq!(merged(&states, &members, &[&[], &[0], &[1]]), None, "one is the other's parent");
        let better = [member(&[1.0]), member(&[0.5]), member(&[0.5])];
        assert_eq!(merged(&states, &better, &[&[], &[0], &[0]]), None, "the ancestor is better");
        let same = [state("a", "b"), state("a1", "b1"), state("a2", "b2")];
        assert_eq!(merged(&same, &members, &[&[], &[0], &[0]]), None, "both changed everything");
    }

    #[test]
    fn the_subsample_is_balanced() {
        let one = member(&[1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
        let other = member(&[0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
        let rows = subsample(&one, &other, &mut Keyed::new(1, &["test"]));
        let count = |range: std::ops::Range<usize>| rows.iter().filter(|row| range.contains(row)).count();
        assert_eq!((count(0..3), count(3..6), count(6..8)), (2, 2, 1));
    }
}
