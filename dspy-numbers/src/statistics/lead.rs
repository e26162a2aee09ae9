//! The choice of the leader of two that are scored on the same rows, while rows are still to come.

use super::chance::at_least;
use super::count;

/// The logarithm of the evidence that the first of each pair is the worse one.
///
/// Each pair that differs is a coin; under "not worse" heads come at least as often as tails. The
/// evidence is the likelihood of a coin that favours tails, mixed evenly over every such coin, against
/// that of a fair one.
pub fn evidence(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut wins, mut losses) = (0_usize, 0_usize);
    for (own, other) in pairs {
        wins += usize::from(own > other);
        losses += usize::from(own < other);
    }
    let n = wins + losses;
    if n == 0 {
        return 0.0;
    }
    // Twice the integral of p^losses (1 - p)^wins over p from 1/2 to 1: of the beta function, the share
    // that is above one half, which is a sum of binomial terms.
    let share = at_least(wins + 1, n + 1);
    let log_beta = log_factorial(losses) + log_factorial(wins) - log_factorial(n + 1);
    std::f64::consts::LN_2 + log_beta + share.ln() + count(n) * std::f64::consts::LN_2
}

fn log_factorial(n: usize) -> f64 {
    (2..=n).map(|i| count(i).ln()).sum()
}
