//! The least that a measured mean leaves possible.

/// The lower end of Wilson's interval, one-sided: the true mean is below it with about this chance.
///
/// For scores between right and wrong it is lower still, since no scores with this mean vary more.
pub(super) fn lower(mean: f64, rows: usize, chance: f64) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let n = rows as f64;
    let z = quantile(chance);
    let spread = z * (mean * (1.0 - mean) / n + z * z / (4.0 * n * n)).sqrt();
    ((mean + z * z / (2.0 * n) - spread) / (1.0 + z * z / n)).clamp(0.0, 1.0)
}

/// What a standard normal number is above with this chance.
fn quantile(chance: f64) -> f64 {
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if tail(middle) > chance { low = middle } else { high = middle }
    }
    low
}

/// The chance that a standard normal number is above this; to 7 digits behind the point (Abramowitz and Stegun,
/// 26.2.17).
fn tail(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = t
        * (0.319_381_530
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let upper = (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt() * series;
    if z >= 0.0 { upper } else { 1.0 - upper }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_and_bounds_are_those_of_tables() {
        for (chance, z) in [(0.05, 1.644_853_6), (0.025, 1.959_964), (0.001, 3.090_232_3), (0.5, 0.0)] {
            assert!((quantile(chance) - z).abs() < 1e-4, "{chance}: {}", quantile(chance));
        }
        // Newcombe (1998), table I: 81 of 263, 95 %: 0.2553; 0 of 20: 0.
        assert!((lower(81.0 / 263.0, 263, 0.025) - 0.2553).abs() < 1e-4);
        assert!(lower(0.0, 20, 0.025).abs() < 1e-9);
        assert!((lower(1.0, 29, 0.025) - 0.8830).abs() < 1e-4);
    }
}
