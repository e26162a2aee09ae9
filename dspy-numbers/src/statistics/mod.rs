//! The statistics of a comparison: paired differences, how likely they are by chance, and how large they may be.

mod bootstrap;
mod chance;
mod distributions;
pub mod drift;
mod lead;
mod noninferior;
mod size;

pub use bootstrap::interval;
pub use chance::{Test, Tested, adjusted, at_least, better};
pub use distributions::{above, normal_quantile};
pub use lead::evidence;
pub use noninferior::not_inferior;
pub use size::{POWER, rows_needed};

/// Differences closer than this are the same: scores are sums of a few decimal numbers.
const SAME: f64 = 1e-9;

/// The one size that all differences have that are not zero, if there is one.
fn one_size(differences: &[f64]) -> Option<f64> {
    let mut sizes = differences.iter().map(|difference| difference.abs()).filter(|size| *size > SAME);
    let first = sizes.next()?;
    sizes.all(|size| (size - first).abs() < SAME).then_some(first)
}

/// Returns the numbers of differences in favour and against.
pub fn signs(differences: &[f64]) -> (usize, usize) {
    let count = |sign: f64| differences.iter().filter(|difference| *difference * sign > SAME).count();
    (count(1.0), count(-1.0))
}

/// The mean; 0 of nothing.
pub fn mean(numbers: &[f64]) -> f64 {
    numbers.iter().sum::<f64>() / count(numbers.len().max(1))
}

#[allow(clippy::cast_precision_loss)]
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
fn near(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} is not {b}");
}
