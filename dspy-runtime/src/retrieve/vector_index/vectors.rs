//! Many vectors of one length, and the nearest of them.

use super::super::top::top;
use crate::error::{Error, ErrorKind, Result};

/// Vectors of length 1 (or 0, of a text without meaning to the embedder), one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Vectors {
    /// The number of dimensions of a vector; 0 as long as there is none.
    pub(super) dimensions: usize,
    pub(super) values: Vec<f32>,
}

impl Vectors {
    pub(super) fn len(&self) -> usize {
        self.values.len().checked_div(self.dimensions).unwrap_or(0)
    }

    pub(super) fn iter(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.dimensions.max(1))
    }

    /// Adds vectors: all, or none where one cannot be.
    pub(super) fn extend(&mut self, vectors: Vec<Vec<f32>>) -> Result<()> {
        let dimensions = match self.dimensions {
            0 => vectors.first().map_or(0, Vec::len),
            known => known,
        };
        let unit: Vec<Vec<f32>> =
            vectors.into_iter().map(|vector| unit(vector, dimensions)).collect::<Result<_>>()?;
        self.dimensions = dimensions;
        self.values.extend(unit.into_iter().flatten());
        Ok(())
    }

    /// The places of the `k` nearest by cosine, with the cosines.
    pub(super) fn nearest(&self, query: &[f32], k: usize) -> Vec<(usize, f64)> {
        if self.dimensions == 0 {
            return Vec::new();
        }
        top(self.iter().map(|vector| f64::from(dot(vector, query))).enumerate().collect(), k)
    }
}

/// A vector of length 1 in the same direction.
pub(super) fn unit(mut vector: Vec<f32>, dimensions: usize) -> Result<Vec<f32>> {
    let refuse = |what: String| Error::new(ErrorKind::Decode, format!("the embedder gave {what}"));
    if vector.len() != dimensions || dimensions == 0 {
        let found = vector.len();
        return Err(refuse(format!("a vector of {found} numbers where {dimensions} are expected")));
    }
    // In twice the precision, since squares of large numbers overflow.
    let square = vector.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
    if !square.is_finite() {
        return Err(refuse("a vector with a number that is infinite or none".to_owned()));
    }
    if square > 0.0 {
        let length = square.sqrt();
        #[allow(clippy::cast_possible_truncation)]
        vector.iter_mut().for_each(|value| *value = (f64::from(*value) / length) as f32);
    }
    Ok(vector)
}

/// The dot product, in lanes that the compiler can turn into wide instructions; the same on every machine.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 16;
    let (mut left, mut right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let mut sums = [0.0_f32; LANES];
    for (a, b) in left.by_ref().zip(right.by_ref()) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}
