//! Which of two that are scored on the same rows is ahead, while rows are still to come.

/// The logarithm of the evidence that the first of each pair is the worse one.
///
/// Each pair that differs is a coin; under "not worse" heads come at least as often as tails. The
/// evidence is the likelihood of a coin that favours tails, mixed evenly over every such coin, against
/// that of a fair one.
pub fn evidence(pairs: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (mut wins, mut losses) = (0_u32, 0_u32);
    for (own, other) in pairs {
        wins += u32::from(own > other);
        losses += u32::from(own < other);
    }
    let n = wins + losses;
    if n == 0 {
        return 0.0;
    }
    // Twice the integral of p^losses (1 - p)^wins over p from 1/2 to 1: of the beta function, the share
    // that is above one half, which is a sum of binomial terms.
    let share = binomial_at_most(losses, n + 1);
    let log_beta = log_factorial(losses) + log_factorial(wins) - log_factorial(n + 1);
    std::f64::consts::LN_2 + log_beta + share.ln() + f64::from(n) * std::f64::consts::LN_2
}

/// P(X <= k) of n fair coins.
fn binomial_at_most(k: u32, n: u32) -> f64 {
    let log_all = f64::from(n) * std::f64::consts::LN_2;
    let term = |i| (log_factorial(n) - log_factorial(i) - log_factorial(n - i) - log_all).exp();
    (0..=k).map(term).sum()
}

fn log_factorial(n: u32) -> f64 {
    (2..=n).map(|i| f64::from(i).ln()).sum()
}

/// P(X >= bound) of a normal distribution.
pub fn above(bound: f64, mean: f64, deviation: f64) -> f64 {
    0.5 * erfc((bound - mean) / (deviation * std::f64::consts::SQRT_2))
}

/// The complementary error function, to about 1e-7: Abramowitz and Stegun, "Handbook of Mathematical
/// Functions" (1964), 7.1.26 refined as in Numerical Recipes.
fn erfc(x: f64) -> f64 {
    let z = x.abs();
    let t = 1.0 / (1.0 + 0.5 * z);
    let series = [
        0.170_872_77,
        -0.822_152_23,
        1.488_515_87,
        -1.135_203_98,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_68,
        -1.265_512_23,
    ];
    let exponent = series.iter().fold(0.0, |sum, term| sum * t + term) - z * z;
    let tail = t * exponent.exp();
    if x >= 0.0 { tail } else { 2.0 - tail }
}
