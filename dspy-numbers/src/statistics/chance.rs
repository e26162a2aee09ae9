//! The chance that paired differences arise by accident, and the test that found it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{SAME, count, one_size, signs};
use crate::random::Keyed;

/// The test that found the chance of a difference; a part of a verdict.
///
/// # Example
///
/// ```
/// use dspy_numbers::statistics::Test;
///
/// assert_eq!(Test::McNemar.to_string(), "exact McNemar test");
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// McNemar's test of right or wrong, exact.
    #[serde(rename = "mcnemar")]
    McNemar,
    /// The sign test of differences of one size, exact.
    Sign,
    /// The permutation test of graded scores, exact.
    Permutation,
    /// The permutation test of graded scores, from drawn sign flips.
    SampledPermutation,
    /// The verdict is of a release that did not record it.
    #[default]
    Unrecorded,
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::McNemar => "exact McNemar test",
            Self::Sign => "exact sign test",
            Self::Permutation => "exact permutation test",
            Self::SampledPermutation => "permutation test by drawn sign flips",
            Self::Unrecorded => "paired test",
        })
    }
}

/// The most random sign flips that stand for all of them.
const DRAWS: u32 = 10_000;
/// After so many that reach the observed sum no more are drawn: the chance is no small one.
const ENOUGH: u32 = 200;
/// Up to so many changed rows all sign flips are tried.
const ALL: usize = 16;
/// The most steps that adding up a grid of sums may take.
const STEPS: usize = 20_000_000;

/// A chance, and how it was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tested {
    /// The chance.
    pub p: f64,
    /// The test that found it.
    pub test: Test,
}

/// The chance that differences like these, or more in favour, come from no difference at all: that of signs
/// that are all thrown by a fair coin (Fisher, The Design of Experiments, 1935).
///
/// It is exact where the differences have one size, which is McNemar's test (for few rows or many) if the
/// scores are right or wrong; where they are on a grid, as scores in hundredths are; and where few rows changed.
/// Else sign flips are drawn, keyed so that the result never varies, until `ENOUGH` of them reach what was
/// observed (Besag and Clifford, Sequential Monte Carlo p-values, 1991).
pub fn better(differences: &[f64]) -> Tested {
    let changed: Vec<f64> =
        differences.iter().copied().filter(|difference| difference.abs() > SAME).collect();
    if let Some(size) = one_size(&changed) {
        let (better, worse) = signs(&changed);
        let test = if (size - 1.0).abs() < SAME { Test::McNemar } else { Test::Sign };
        return Tested { p: at_least(better, better + worse), test };
    }
    if changed.is_empty() {
        return Tested { p: 1.0, test: Test::McNemar };
    }
    let exact = on_grid(&changed).or_else(|| (changed.len() <= ALL).then(|| all_flips(&changed)));
    match exact {
        Some(p) => Tested { p, test: Test::Permutation },
        None => Tested { p: drawn_flips(&changed), test: Test::SampledPermutation },
    }
}

/// The chance of at least `heads` heads in `throws` throws of a fair coin.
pub fn at_least(heads: usize, throws: usize) -> f64 {
    // Logarithms, since 0.5^throws vanishes for many rows.
    let (mut log_choose, mut sum) = (0.0, 0.0);
    for k in 0..=throws {
        if k >= heads {
            sum += (log_choose - count(throws) * std::f64::consts::LN_2).exp();
        }
        log_choose += (count(throws - k)).ln() - count(k + 1).ln();
    }
    sum.min(1.0)
}

/// All sign flips at once, where the differences are whole multiples of some 1/1 to 1/100: the chances of all sums,
/// one difference after the other.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn on_grid(changed: &[f64]) -> Option<f64> {
    let is_whole = |number: f64| (number - number.round()).abs() < 1e-6;
    let parts = (1..=100).map(f64::from).find(|parts| changed.iter().all(|one| is_whole(one * parts)))?;
    let sizes: Vec<usize> = changed.iter().map(|one| (one.abs() * parts).round() as usize).collect();
    let all: usize = sizes.iter().sum();
    if all.saturating_mul(sizes.len()) > STEPS {
        return None;
    }
    let observed: usize =
        sizes.iter().zip(changed).filter(|(_, one)| **one > 0.0).map(|(size, _)| size).sum();
    let mut chances = vec![0.0_f64; all + 1];
    chances[0] = 1.0;
    let mut most = 0;
    for size in sizes {
        most += size;
        for sum in (0..=most).rev() {
            let with = if sum >= size { chances[sum - size] } else { 0.0 };
            chances[sum] = (chances[sum] + with) / 2.0;
        }
    }
    Some(chances[observed..].iter().rev().sum::<f64>().min(1.0))
}

/// All sign flips one after the other, each of which changes one sign (Gray's code).
fn all_flips(changed: &[f64]) -> f64 {
    let least = reached(changed);
    let mut signed: Vec<f64> = changed.iter().map(|one| -one.abs()).collect();
    let mut as_high = 0_u32;
    let flips = 1_u32 << changed.len();
    for flip in 0..flips {
        as_high += u32::from(signed.iter().sum::<f64>() >= least);
        let next = (flip + 1).trailing_zeros() as usize;
        if let Some(sign) = signed.get_mut(next) {
            *sign = -*sign;
        }
    }
    f64::from(as_high) / f64::from(flips)
}

fn drawn_flips(changed: &[f64]) -> f64 {
    let least = reached(changed);
    let mut random = Keyed::new(0, &["gate", "permutation"]);
    let mut as_high = 0_u32;
    for drawn in 1..=DRAWS {
        let mut sum = 0.0;
        for block in changed.chunks(64) {
            let mut bits = random.bits();
            for one in block {
                sum += if bits & 1 == 1 { *one } else { -one };
                bits >>= 1;
            }
        }
        as_high += u32::from(sum >= least);
        if as_high == ENOUGH {
            return f64::from(as_high) / f64::from(drawn);
        }
    }
    f64::from(as_high + 1) / f64::from(DRAWS + 1)
}

/// The sum from which a flip is as high as what was observed.
fn reached(changed: &[f64]) -> f64 {
    changed.iter().sum::<f64>() - SAME * changed.iter().map(|one| one.abs()).sum::<f64>().max(1.0)
}

/// Chances corrected for how many there are, by Holm's method (A Simple Sequentially Rejective Multiple Test
/// Procedure, 1979): whoever takes those for real that are at most `alpha` takes any chance for real with a
/// probability of at most `alpha`.
pub fn adjusted(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|one, other| chances[*one].total_cmp(&chances[*other]));
    let (mut adjusted, mut highest) = (vec![1.0; chances.len()], 0.0_f64);
    for (place, index) in order.into_iter().enumerate() {
        highest = highest.max(chances[index] * super::count(chances.len() - place)).min(1.0);
        adjusted[index] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::near;

    /// As R's `binom.test(heads, throws, alternative = "greater")`.
    #[test]
    fn the_sign_test_has_the_tails_of_the_binomial_distribution() {
        let mut differences = vec![1.0; 9];
        differences.push(-1.0);
        near(better(&differences).p, 11.0 / 1024.0, 1e-12);
        near(better(&[1.0; 8]).p, 1.0 / 256.0, 1e-12);
        near(better(&[0.5, 0.5, 0.0, 0.0, -0.5]).p, 0.5, 1e-12);
        assert_eq!(better(&[0.5; 3]).test, Test::Sign);
        assert_eq!(better(&[0.0; 5]).p, 1.0);
        assert_eq!(better(&[]).p, 1.0);
        near(better(&vec![1.0; 5_000]).p, 0.0, 1e-12);
        near(at_least(15, 20), 0.020_694_732_666_015_625, 1e-12);
    }

    /// Agresti, Categorical Data Analysis, 2002, table 10.1: of 1,600 voters, 150 changed their approval to
    /// disapproval and 86 the other way. And the example of `mcnemar.exact` in R's exact2x2 (Fay, 2010): 9 against 2
    /// has a two-sided p of 0.06543.
    #[test]
    fn mcnemars_test_has_published_values() {
        let changes =
            |better: usize, worse: usize| [vec![1.0; better], vec![-1.0; worse], vec![0.0; 33]].concat();
        let tested = better(&changes(150, 86));
        assert_eq!(tested.test, Test::McNemar);
        near(tested.p, 1.857_968_069_785_721e-5, 1e-12);
        near(2.0 * better(&changes(9, 2)).p, 0.065_43, 5e-6);
    }

    /// Fisher's analysis of Darwin's 15 pairs of maize plants, heights in eighths of an inch (The Design of
    /// Experiments, section 21): of all 2^15 flips, 863 reach the observed sum.
    #[test]
    fn darwins_plants_have_fishers_chance() {
        let darwin =
            [49.0, -67.0, 8.0, 16.0, 6.0, 23.0, 28.0, 41.0, 14.0, 29.0, 56.0, 24.0, 75.0, 60.0, -48.0];
        let tested = better(&darwin);
        assert_eq!(tested.test, Test::Permutation);
        near(tested.p, 863.0 / 32_768.0, 1e-12);
        near(all_flips(&darwin), 863.0 / 32_768.0, 1e-12);
        near(drawn_flips(&darwin), 863.0 / 32_768.0, 0.004);
    }

    #[test]
    fn all_ways_to_count_agree() {
        for case in 0..60 {
            let mut random = Keyed::new(case, &["flips"]);
            let differences: Vec<f64> = (0..4 + random.below(9))
                .map(|_| (random.below(41) as f64 - 18.0) / 20.0)
                .filter(|one| *one != 0.0)
                .collect();
            let exact = all_flips(&differences);
            near(on_grid(&differences).expect("twentieths"), exact, 1e-12);
            near(drawn_flips(&differences), exact, 0.2 * exact + 0.01);
        }
    }

    /// `p.adjust(c(0.01, 0.04, 0.03, 0.005), method = "holm")` of R is 0.03, 0.06, 0.06, 0.02.
    #[test]
    fn chances_are_those_of_r() {
        for (found, known) in adjusted(&[0.01, 0.04, 0.03, 0.005]).into_iter().zip([0.03, 0.06, 0.06, 0.02]) {
            near(found, known, 1e-12);
        }
        assert_eq!(adjusted(&[0.7, 0.9]), [1.0, 1.0]);
        assert_eq!(adjusted(&[0.2]), [0.2]);
        assert!(adjusted(&[]).is_empty());
    }
}
