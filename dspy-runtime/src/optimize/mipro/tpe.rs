//! A tree-structured Parzen estimator over choices: which combination to try next.
//!
//! After Bergstra et al., "Algorithms for Hyper-Parameter Optimization" (2011), in the multivariate form
//! of Falkner et al., "BOHB" (2018), with the constants of Optuna's sampler: the best tenth of the trials
//! (at most 25) against the rest, each trial a kernel that favours its choices, and an even prior. The
//! densities are checked against Optuna's to 1e-9. Where Optuna draws 24 combinations and takes the best
//! of them, this scores every combination while there are at most 10,000, which costs nothing beside a
//! call of a model.

use dspy_numbers::random::Keyed;

/// Trials before the estimator has a say.
pub(super) const STARTUP: usize = 10;
/// Trials on the good side, at most.
const MOST_GOOD: usize = 25;
/// Trials that all count in full; of more, the older count less.
const EVEN: usize = 25;
/// Combinations that are all looked at.
const ALL: usize = 10_000;
/// Combinations that are drawn, where there are more.
const DRAWN: usize = 24;

/// A combination that was tried: a choice for each parameter, and what it scored.
pub(super) type Trial = (Vec<usize>, f64);

/// The two densities after some trials.
pub(super) struct Estimator {
    good: Density,
    rest: Density,
}

/// A mixture of kernels, one a trial and an even one.
struct Density {
    weights: Vec<f64>,
    /// Of each kernel, for each parameter, the probability of each choice.
    kernels: Vec<Vec<Vec<f64>>>,
}

impl Estimator {
    /// Of trials in the order in which they were made, over parameters with so many choices each.
    pub(super) fn new(cards: &[usize], trials: &[Trial]) -> Self {
        let good = good(trials);
        let side = |wanted: bool| {
            let chosen = trials.iter().enumerate().filter(|(place, _)| good.contains(place) == wanted);
            Density::new(cards, chosen.map(|(_, (choices, _))| choices.as_slice()).collect())
        };
        Self { good: side(true), rest: side(false) }
    }

    /// The logarithms of the densities of good trials and of the rest.
    pub(super) fn log_densities(&self, choices: &[usize]) -> (f64, f64) {
        (self.good.log(choices), self.rest.log(choices))
    }

    fn gain(&self, choices: &[usize]) -> f64 {
        let (good, rest) = self.log_densities(choices);
        good - rest
    }
}

/// The combination to try next: at random for the first ten trials, then the one most like good trials
/// and least like the rest. One that `known` says was tried comes only when there is no other.
pub(super) fn suggest(
    cards: &[usize],
    trials: &[Trial],
    known: impl Fn(&[usize]) -> bool,
    random: &mut Keyed,
) -> Vec<usize> {
    if trials.len() < STARTUP {
        return fresh(cards, &known, random);
    }
    let estimator = Estimator::new(cards, trials);
    let candidates = match combinations(cards) {
        Some(all) => all,
        None => (0..DRAWN).map(|_| estimator.good.draw(random)).collect(),
    };
    // Of equals the first, which is the same on every machine.
    let best = |tried: bool| {
        candidates
            .iter()
            .filter(|choices| known(choices) == tried)
            .reduce(|best, next| if estimator.gain(next) > estimator.gain(best) { next } else { best })
    };
    best(false).or_else(|| best(true)).cloned().unwrap_or_else(|| vec![0; cards.len()])
}

// A few draws find an untried one wherever there are more than a few.
fn fresh(cards: &[usize], known: impl Fn(&[usize]) -> bool, random: &mut Keyed) -> Vec<usize> {
    let mut draw = || cards.iter().map(|card| random.below(*card)).collect::<Vec<_>>();
    let first = draw();
    if !known(&first) {
        return first;
    }
    (0..DRAWN).map(|_| draw()).find(|choices| !known(choices)).unwrap_or(first)
}

/// Every combination in order, if they are not too many.
pub(super) fn combinations(cards: &[usize]) -> Option<Vec<Vec<usize>>> {
    let count = cards.iter().try_fold(1_usize, |count, card| count.checked_mul(*card))?;
    if count > ALL {
        return None;
    }
    let mut all = vec![Vec::new()];
    for card in cards {
        let longer = |choices: &Vec<usize>| {
            let choices = choices.clone();
            (0..*card).map(move |choice| [choices.as_slice(), &[choice]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    Some(all)
}

/// The places of the best tenth; of those that tie, the earlier.
fn good(trials: &[Trial]) -> Vec<usize> {
    let count = trials.len().div_ceil(10).min(MOST_GOOD);
    let mut places: Vec<usize> = (0..trials.len()).collect();
    places.sort_by(|a, b| trials[*b].1.total_cmp(&trials[*a].1));
    places.truncate(count);
    places
}

impl Density {
    fn new(cards: &[usize], trials: Vec<&[usize]>) -> Self {
        let n = trials.len();
        if n == 0 {
            return Self { weights: vec![1.0], kernels: vec![even(cards)] };
        }
        let mut weights = weights(n);
        weights.push(1.0);
        let sum: f64 = weights.iter().sum();
        let floor = 1.0 / (n as f64 + 1.0);
        let kernel = |choices: &[usize]| {
            let parameter = |(choice, card): (&usize, &usize)| {
                let total = 1.0 + *card as f64 * floor;
                (0..*card).map(|other| (floor + f64::from(u8::from(other == *choice))) / total).collect()
            };
            choices.iter().zip(cards).map(parameter).collect()
        };
        let mut kernels: Vec<_> = trials.into_iter().map(kernel).collect();
        kernels.push(even(cards));
        Self { weights: weights.into_iter().map(|weight| weight / sum).collect(), kernels }
    }

    fn log(&self, choices: &[usize]) -> f64 {
        let terms: Vec<f64> = self
            .weights
            .iter()
            .zip(&self.kernels)
            .map(|(weight, kernel)| {
                let parts = kernel.iter().zip(choices).map(|(parameter, choice)| parameter[*choice].ln());
                weight.ln() + parts.sum::<f64>()
            })
            .collect();
        let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        most + terms.iter().map(|term| (term - most).exp()).sum::<f64>().ln()
    }

    fn draw(&self, random: &mut Keyed) -> Vec<usize> {
        let kernel = &self.kernels[random.weighted(&self.weights)];
        kernel.iter().map(|parameter| random.weighted(parameter)).collect()
    }
}

/// The kernel of the prior.
fn even(cards: &[usize]) -> Vec<Vec<f64>> {
    cards.iter().map(|card| vec![1.0 / *card as f64; *card]).collect()
}

/// The newest 25 count 1, older ones ever less.
fn weights(n: usize) -> Vec<f64> {
    let older = n.saturating_sub(EVEN);
    let ramp = |place: usize| match older {
        1 => 1.0 / n as f64,
        _ => 1.0 / n as f64 + (1.0 - 1.0 / n as f64) * place as f64 / (older as f64 - 1.0),
    };
    (0..older).map(ramp).chain(std::iter::repeat_n(1.0, n - older)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Golden {
        card: Vec<usize>,
        #[serde(rename = "X")]
        choices: Vec<Vec<usize>>,
        #[serde(rename = "y")]
        scores: Vec<f64>,
        below: Vec<usize>,
        log_l: Vec<f64>,
        log_g: Vec<f64>,
    }

    #[test]
    fn densities_are_those_of_optuna() {
        let cases: Vec<Golden> = serde_json::from_str(include_str!("tpe_golden.json")).expect("it is JSON");
        for case in cases {
            let trials: Vec<Trial> = case.choices.into_iter().zip(case.scores).collect();
            let mut found = good(&trials);
            found.sort_unstable();
            assert_eq!(found, case.below);
            let estimator = Estimator::new(&case.card, &trials);
            let all = combinations(&case.card).expect("few");
            for (choices, (log_l, log_g)) in all.iter().zip(case.log_l.iter().zip(&case.log_g)) {
                let (good, rest) = estimator.log_densities(choices);
                assert!((good - log_l).abs() < 1e-9 && (rest - log_g).abs() < 1e-9, "{choices:?}");
            }
        }
    }

    #[test]
    fn every_combination_is_there_once() {
        assert_eq!(combinations(&[2, 3]).expect("six").len(), 6);
        assert_eq!(combinations(&[]).expect("one"), [Vec::<usize>::new()]);
        assert!(combinations(&[100, 101]).is_none());
    }

    #[test]
    fn after_the_start_it_goes_where_good_trials_were() {
        let trials: Vec<Trial> =
            (0..20).map(|n| (vec![n % 4, n % 3], if n % 4 == 2 { 1.0 } else { 0.1 })).collect();
        let chosen = suggest(&[4, 3], &trials, |_| false, &mut Keyed::new(0, &["test"]));
        assert_eq!(chosen[0], 2);
    }

    #[test]
    fn what_was_tried_comes_last() {
        let trials: Vec<Trial> = (0..12).map(|n| (vec![n % 2], (n % 2) as f64)).collect();
        assert_eq!(suggest(&[3], &trials, |choices| choices != [2], &mut Keyed::new(0, &["test"])), [2]);
    }
}
