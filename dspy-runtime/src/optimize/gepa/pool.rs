//! The candidates that may become parents, and which of them do.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use dspy_numbers::random::Keyed;

/// The facts by which a candidate is known when parents are chosen.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its score on each validation row it was run on.
    pub(super) rows: Vec<Option<f64>>,
    pub(super) mean: f64,
    /// Tokens a row, which is better the lower it is.
    pub(super) tokens: f64,
    /// Tells whether it was run on every row.
    pub(super) whole: bool,
}

/// The way the parent of a proposal is chosen.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parents {
    /// At random from the candidates that are best at something, by the frontier, each as likely as it is
    /// best at many things. Those that others outdo everywhere are left out.
    #[default]
    Pareto,
    /// The one with the highest mean.
    CurrentBest,
    /// Any candidate with this probability, else the one with the highest mean.
    EpsilonGreedy(f64),
    /// As [`Pareto`](Parents::Pareto), among so many with the highest means.
    TopPareto(usize),
}

/// At what candidates are compared.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Frontier {
    /// At each validation row.
    #[default]
    Instance,
    /// At each objective: the mean score, and how few tokens a row takes.
    Objective,
    /// At each row and at each objective.
    Hybrid,
    /// At each objective of each row.
    Cartesian,
}

/// A thing that candidates can be best at: a row, an objective, or both.
type Key = (Option<usize>, Option<u8>);

/// The candidates that are best, by what they are best at.
pub(super) type Fronts = BTreeMap<Key, BTreeSet<usize>>;

impl Frontier {
    /// Returns the best candidates by key.
    pub(super) fn fronts(self, members: &[Member]) -> Fronts {
        let mut best: BTreeMap<Key, (f64, BTreeSet<usize>)> = BTreeMap::new();
        for (place, member) in members.iter().enumerate() {
            for (key, value) in self.values(member) {
                let (highest, holders) = best.entry(key).or_insert((f64::NEG_INFINITY, BTreeSet::new()));
                if value > *highest {
                    *highest = value;
                    holders.clear();
                }
                if value >= *highest {
                    holders.insert(place);
                }
            }
        }
        best.into_iter().map(|(key, (_, holders))| (key, holders)).collect()
    }

    fn values(self, member: &Member) -> Vec<(Key, f64)> {
        let rows = || member.rows.iter().enumerate().filter_map(|(row, score)| Some((row, (*score)?)));
        // Of candidates that were left early the mean is of other rows, so it is not compared.
        let objectives = || match member.whole {
            true => vec![((None, Some(0)), member.mean), ((None, Some(1)), -member.tokens)],
            false => Vec::new(),
        };
        match self {
            Self::Instance => rows().map(|(row, score)| ((Some(row), None), score)).collect(),
            Self::Objective => objectives(),
            Self::Hybrid => {
                rows().map(|(row, score)| ((Some(row), None), score)).chain(objectives()).collect()
            }
            Self::Cartesian => rows()
                .flat_map(|(row, score)| {
                    [((Some(row), Some(0)), score), ((Some(row), Some(1)), -member.tokens)]
                })
                .collect(),
        }
    }
}

/// The fronts without candidates that are dominated: one for which every front it is in has another that
/// remains. Those with the lowest means go first.
pub(super) fn undominated(fronts: &Fronts, members: &[Member]) -> Fronts {
    let mut fronts = fronts.clone();
    let mut order: Vec<usize> =
        fronts.values().flatten().copied().collect::<BTreeSet<_>>().into_iter().collect();
    order.sort_by(|a, b| members[*a].mean.total_cmp(&members[*b].mean).then(a.cmp(b)));
    loop {
        let dominated = order.iter().position(|candidate| {
            fronts.values().filter(|front| front.contains(candidate)).all(|front| front.len() > 1)
        });
        let Some(place) = dominated else { return fronts };
        let candidate = order.remove(place);
        for front in fronts.values_mut() {
            front.remove(&candidate);
        }
    }
}

impl Parents {
    /// Chooses a parent.
    pub(super) fn choose(self, members: &[Member], frontier: Frontier, random: &mut Keyed) -> usize {
        let best = highest(members).first().copied().unwrap_or_default();
        match self {
            Self::CurrentBest => best,
            Self::EpsilonGreedy(epsilon) => match random.unit() < epsilon {
                true => random.below(members.len()),
                false => best,
            },
            Self::Pareto => pareto(members, frontier, |_| true, random).unwrap_or(best),
            Self::TopPareto(count) => {
                let top: Vec<usize> = highest(members).into_iter().take(count.max(1)).collect();
                pareto(members, frontier, |place| top.contains(&place), random).unwrap_or(best)
            }
        }
    }
}

/// Each remaining candidate as often as it is in a front.
fn pareto(
    members: &[Member],
    frontier: Frontier,
    allowed: impl Fn(usize) -> bool,
    random: &mut Keyed,
) -> Option<usize> {
    let fronts = undominated(&frontier.fronts(members), members);
    let tickets: Vec<usize> = fronts.values().flatten().copied().filter(|place| allowed(*place)).collect();
    (!tickets.is_empty()).then(|| tickets[random.below(tickets.len())])
}

/// The candidates that were run on every row, the highest mean first, the earlier of equals before.
pub(super) fn highest(members: &[Member]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..members.len()).filter(|place| members[*place].whole).collect();
    order.sort_by(|a, b| members[*b].mean.total_cmp(&members[*a].mean).then(a.cmp(b)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(rows: &[f64]) -> Member {
        let mean = rows.iter().sum::<f64>() / rows.len() as f64;
        Member { rows: rows.iter().copied().map(Some).collect(), mean, tokens: 10.0, whole: true }
    }

    #[test]
    fn equals_share_a_front_and_the_better_takes_it() {
        let members = [member(&[1.0, 0.0]), member(&[1.0, 0.5])];
        let fronts = Frontier::Instance.fronts(&members);
        assert_eq!(fronts[&(Some(0), None)], BTreeSet::from([0, 1]));
        assert_eq!(fronts[&(Some(1), None)], BTreeSet::from([1]));
        assert_eq!(undominated(&fronts, &members).values().flatten().collect::<Vec<_>>(), [&1, &1]);
    }

    /// Of every subset of candidates, is this one not needed for any front?
    #[test]
    fn what_remains_is_best_at_everything_that_all_are_best_at_and_none_of_it_is_spare() {
        for seed in 0..300 {
            let mut random = Keyed::new(seed, &["test"]);
            let count = 1 + random.below(6);
            let members: Vec<Member> = (0..count)
                .map(|_| member(&(0..4).map(|_| random.below(3) as f64).collect::<Vec<_>>()))
                .collect();
            let fronts = Frontier::Instance.fronts(&members);
            let left = undominated(&fronts, &members);
            let remaining: BTreeSet<usize> = left.values().flatten().copied().collect();
            assert!(left.values().all(|front| !front.is_empty()), "every row keeps somebody");
            for one in &remaining {
                let spare = fronts
                    .values()
                    .filter(|front| front.contains(one))
                    .all(|front| front.iter().any(|other| other != one && remaining.contains(other)));
                assert!(!spare, "{one} of {remaining:?} in {fronts:?}");
            }
        }
    }

    #[test]
    fn objectives_prefer_the_shorter_prompt_among_equals() {
        let mut members = [member(&[1.0]), member(&[1.0])];
        members[1].tokens = 5.0;
        let fronts = Frontier::Objective.fronts(&members);
        assert_eq!(fronts[&(None, Some(1))], BTreeSet::from([1]));
        assert_eq!(Frontier::Hybrid.fronts(&members).len(), 3);
        assert_eq!(Frontier::Cartesian.fronts(&members).len(), 2);
    }

    #[test]
    fn selectors_choose_by_their_rule() {
        let members = [member(&[1.0, 0.0, 0.0]), member(&[0.0, 1.0, 1.0]), member(&[0.0, 0.0, 0.0])];
        let draws = |parents: Parents| -> Vec<usize> {
            let choose =
                |seed| parents.choose(&members, Frontier::Instance, &mut Keyed::new(seed, &["test"]));
            let chosen: Vec<usize> = (0..300).map(choose).collect();
            (0..3).map(|place| chosen.iter().filter(|other| **other == place).count()).collect()
        };
        assert_eq!(draws(Parents::CurrentBest), [0, 300, 0]);
        let pareto = draws(Parents::Pareto);
        assert!(pareto[2] == 0 && pareto[1] > pareto[0] && pareto[0] > 50, "{pareto:?}");
        assert_eq!(draws(Parents::TopPareto(1)), [0, 300, 0]);
        let greedy = draws(Parents::EpsilonGreedy(0.3));
        assert!(greedy[1] > 200 && greedy[0] > 5 && greedy[2] > 5, "{greedy:?}");
    }
}
