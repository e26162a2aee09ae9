//! Centres of vectors: k-means over directions.

use super::vectors::{Vectors, dot};
use dspy_numbers::random::Keyed;

/// Vectors that a centre is learnt from, at most.
const SAMPLE: usize = 64;
const ROUNDS: usize = 8;

/// As many centres as are asked for, the same for the same vectors and choices.
pub(super) fn centres(vectors: &Vectors, count: usize, random: &mut Keyed) -> Vectors {
    let known = sample(vectors, count.saturating_mul(SAMPLE), random);
    let mut centres = sample(&known, count, random);
    for _ in 0..ROUNDS {
        let nearest = nearest(&known, &centres);
        centres = means(&known, &nearest, centres);
    }
    centres
}

/// Some of the vectors, each as likely as any other, in their order.
fn sample(vectors: &Vectors, most: usize, random: &mut Keyed) -> Vectors {
    let (mut wanted, mut left) = (most.min(vectors.len()), vectors.len());
    let mut values = Vec::with_capacity(wanted * vectors.dimensions);
    for vector in vectors.iter() {
        if random.below(left) < wanted {
            values.extend_from_slice(vector);
            wanted -= 1;
        }
        left -= 1;
    }
    Vectors { dimensions: vectors.dimensions, values }
}

/// The nearest centre of each vector, the first of equal ones. Vectors are shared out among threads, and what
/// comes out does not depend on how many these are.
pub(super) fn nearest(vectors: &Vectors, centres: &Vectors) -> Vec<usize> {
    let one = |vector: &[f32]| {
        let mut best = (0, f32::NEG_INFINITY);
        for (place, centre) in centres.iter().enumerate() {
            let near = dot(centre, vector);
            if near > best.1 {
                best = (place, near);
            }
        }
        best.0
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = vectors.len().div_ceil(threads).max(1);
    let shares = vectors.values.chunks(share * vectors.dimensions.max(1));
    let all = |share: &[f32]| share.chunks_exact(vectors.dimensions.max(1)).map(one).collect::<Vec<_>>();
    if shares.len() < 2 {
        return all(&vectors.values);
    }
    std::thread::scope(|scope| {
        let running: Vec<_> = shares.map(|share| scope.spawn(move || all(share))).collect();
        let joined = running
            .into_iter()
            .map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.flatten().collect()
    })
}

/// The mean direction of the vectors of each centre; one without vectors stays.
fn means(vectors: &Vectors, nearest: &[usize], old: Vectors) -> Vectors {
    let mut sums = vec![0.0_f64; old.values.len()];
    let dimensions = old.dimensions;
    for (vector, cell) in vectors.iter().zip(nearest) {
        let Some(sum) = sums.get_mut(cell * dimensions..(cell + 1) * dimensions) else { continue };
        sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += f64::from(*value));
    }
    let mut values = Vec::with_capacity(old.values.len());
    for (sum, old) in sums.chunks_exact(dimensions.max(1)).zip(old.iter()) {
        let length = sum.iter().map(|value| value * value).sum::<f64>().sqrt();
        #[allow(clippy::cast_possible_truncation)]
        match length > 0.0 {
            true => values.extend(sum.iter().map(|value| (value / length) as f32)),
            false => values.extend_from_slice(old),
        }
    }
    Vectors { dimensions, values }
}
