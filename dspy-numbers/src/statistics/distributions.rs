//! The normal and Student's distributions.

use std::f64::consts::{PI, TAU};

/// The part of the standard normal distribution below `x`: Marsaglia's series (Evaluating the Normal
/// Distribution, 2004), and far out the continued fraction of Mills' ratio.
pub fn normal(x: f64) -> f64 {
    let density = (-x * x / 2.0).exp() / TAU.sqrt();
    if x.abs() > 5.0 {
        let ratio = (1..=60).rev().fold(0.0, |below, k| f64::from(k) / (x.abs() + below));
        let tail = density / (x.abs() + ratio);
        return if x > 0.0 { 1.0 - tail } else { tail };
    }
    let (mut sum, mut term, mut odd) = (x, x, 1.0);
    while term.abs() > 1e-18 {
        odd += 2.0;
        term *= x * x / odd;
        sum += term;
    }
    0.5 + sum * density
}

/// The chance that a normal distribution with this mean and standard deviation comes to at least `bound`.
pub fn above(bound: f64, mean: f64, deviation: f64) -> f64 {
    normal((mean - bound) / deviation)
}

/// The number below which a part `p` of the standard normal distribution is.
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 {
        return if p <= 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    // A first guess (Abramowitz and Stegun, 26.2.23), then Newton's method.
    let t = (-2.0 * p.ln()).sqrt();
    let mut x = -t
        + (2.515_517 + t * (0.802_853 + t * 0.010_328))
            / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    for _ in 0..4 {
        x -= (normal(x) - p) * TAU.sqrt() * (x * x / 2.0).exp();
    }
    x
}

/// The part of Student's distribution with so many degrees of freedom above `t`.
pub fn student_above(t: f64, freedom: f64) -> f64 {
    let tail = incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t)) / 2.0;
    if t > 0.0 { tail } else { 1.0 - tail }
}

/// The regularised incomplete beta function, by the continued fraction of DLMF 8.17.22.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    // It converges fast on this side of the mean.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp() / a;
    let coefficient = |n: u32| {
        let m = f64::from(n / 2);
        match n % 2 {
            0 => m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m)),
            _ => -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0)),
        }
    };
    let fraction = (1..=300).rev().fold(1.0, |below, n| 1.0 + coefficient(n) / below);
    front / fraction
}

/// The logarithm of the gamma function above 0: Stirling's series, moved to where it is exact.
fn ln_gamma(mut x: f64) -> f64 {
    let mut moved = 0.0;
    while x < 12.0 {
        moved -= x.ln();
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1_260.0 - square / 1_680.0))) / x;
    moved + (x - 0.5) * x.ln() - x + (2.0 * PI).sqrt().ln() + series
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::SQRT_2;

    use crate::statistics::near;

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        // NIST/SEMATECH e-Handbook, 1.3.6.7.1, and R's pnorm and qnorm.
        for (x, p) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (-1.96, 0.024_997_895_148_220),
            (3.0, 0.998_650_101_968_370),
        ] {
            near(normal(x), p, 1e-12);
        }
        near(normal(-6.0) / 9.865_876_450_376_946e-10, 1.0, 1e-9);
        for (p, x) in
            [(0.95, 1.644_853_626_951_472), (0.975, 1.959_963_984_540_054), (0.8, 0.841_621_233_572_914)]
        {
            near(normal_quantile(p), x, 1e-12);
            near(normal_quantile(1.0 - p), -x, 1e-12);
        }
        near(normal_quantile(1e-6), -4.753_424_308_822_899, 1e-9);
    }

    #[test]
    fn students_distribution_is_that_of_the_tables() {
        // NIST/SEMATECH e-Handbook, 1.3.6.7.2: the critical values for 0.05 and 0.025.
        for (freedom, t, p) in [
            (1.0, 6.314, 0.05),
            (5.0, 2.571, 0.025),
            (10.0, 1.812, 0.05),
            (30.0, 1.697, 0.05),
            (100.0, 1.984, 0.025),
        ] {
            near(student_above(t, freedom), p, 1e-4);
            near(student_above(-t, freedom), 1.0 - p, 1e-4);
        }
        near(student_above(1.0, 1.0), 0.25, 1e-12);
        near(student_above(SQRT_2, 2.0), 0.146_446_609_406_726, 1e-12);
    }

    #[test]
    fn factorials_are_gammas() {
        near(ln_gamma(5.0), 24.0_f64.ln(), 1e-12);
        near(ln_gamma(0.5), PI.sqrt().ln(), 1e-12);
    }
}
