//! Vectors in cells, of which a search looks at a few.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::top::top;
use super::vectors::{Vectors, dot};
use crate::error::{Error, Result};
use crate::random::Keyed;

/// Vectors that a cell's centre is learnt from, at the most.
const SAMPLE: usize = 64;
const ROUNDS: usize = 8;

/// How [`Embeddings`](super::Embeddings) are put into cells by
/// [`approximate`](super::Embeddings::approximate); see there.
///
/// # Example
///
/// ```
/// use dspy::retrieve::Cells;
///
/// let cells = Cells::default().probes(32).seed(7);
/// assert_eq!(cells, Cells::default().seed(7).probes(32));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells {
    count: Option<usize>,
    probes: usize,
    seed: u64,
}

impl Default for Cells {
    fn default() -> Self {
        Self { count: None, probes: 16, seed: 0 }
    }
}

impl Cells {
    /// How many cells there are, and so at the most vectors over this many in one on average; by default the square
    /// root of the number of vectors.
    #[must_use]
    pub fn count(mut self, cells: usize) -> Self {
        self.count = Some(cells);
        self
    }

    /// In how many cells, those nearest to the query, a search looks; 16 by default. More find more and take
    /// longer; all of them are exact.
    #[must_use]
    pub fn probes(mut self, cells: usize) -> Self {
        self.probes = cells;
        self
    }

    /// The seed of the choices in building them; the same vectors and seed give the same cells.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    pub(super) fn check(self) -> Result<Self> {
        match self.probes == 0 || self.count == Some(0) {
            true => Err(Error::data("a search looks in 1 cell or more, and there is 1 or more")),
            false => Ok(self),
        }
    }
}

/// An inverted file: which vectors are nearest to which centre.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inverted {
    pub(super) settings: Cells,
    centres: Vectors,
    lists: Vec<Vec<u32>>,
}

impl Inverted {
    /// Learns centres by k-means over directions, and puts each vector to the nearest.
    pub(super) fn build(vectors: &Vectors, settings: Cells) -> Self {
        let square_root = vectors.len().isqrt().max(1);
        let count = settings.count.unwrap_or(square_root).min(vectors.len());
        let mut random = Keyed::new(settings.seed, &["retrieve", "cells"]);
        let sample = sample(vectors, count.saturating_mul(SAMPLE), &mut random);
        let mut centres = first(&sample, count, &mut random);
        for _ in 0..ROUNDS {
            let nearest = nearest(&sample, &centres);
            centres = means(&sample, &nearest, centres);
        }
        let mut cells = Self { settings, centres, lists: vec![Vec::new(); count] };
        cells.put(vectors, 0);
        cells
    }

    /// Takes the vectors from a place on into the cells that there are; where there are none, these are the first.
    pub(super) fn extend(&mut self, vectors: &Vectors, from: usize) {
        match self.lists.is_empty() {
            true => *self = Self::build(vectors, self.settings),
            false => self.put(vectors, from),
        }
    }

    fn put(&mut self, vectors: &Vectors, from: usize) {
        let new = Vectors {
            dimensions: vectors.dimensions,
            values: vectors.values.get(from * vectors.dimensions..).unwrap_or_default().to_vec(),
        };
        for (place, cell) in (from..).zip(nearest(&new, &self.centres)) {
            // There are fewer vectors than that, or they would not fit in memory.
            if let (Some(list), Ok(place)) = (self.lists.get_mut(cell), u32::try_from(place)) {
                list.push(place);
            }
        }
    }

    /// The places of the `k` nearest among those in the nearest cells; in further cells where these hold fewer.
    pub(super) fn nearest(&self, vectors: &Vectors, query: &[f32], k: usize) -> Vec<(usize, f64)> {
        let centres = self.centres.iter().map(|centre| f64::from(dot(centre, query)));
        let order = top(centres.enumerate().collect(), self.lists.len());
        let mut hits = Vec::new();
        for (looked, (cell, _)) in order.into_iter().enumerate() {
            if looked >= self.settings.probes && hits.len() >= k {
                break;
            }
            let places = self.lists.get(cell).into_iter().flatten().map(|place| *place as usize);
            let scored = places.filter_map(|place| Some((place, f64::from(dot(vectors.get(place)?, query)))));
            hits.extend(scored);
        }
        top(hits, k)
    }

    /// The centres and, for each vector, its cell, as numbers of four bytes.
    pub(super) fn write(&self, vectors: usize, to: &mut Vec<u8>) {
        to.extend(self.centres.values.iter().flat_map(|value| value.to_le_bytes()));
        let mut cells = vec![0_u32; vectors];
        for (cell, list) in (0_u32..).zip(&self.lists) {
            for place in list {
                if let Some(own) = cells.get_mut(*place as usize) {
                    *own = cell;
                }
            }
        }
        to.extend(cells.iter().flat_map(|cell| cell.to_le_bytes()));
    }

    /// What [`write`](Self::write) has written; nothing where a number cannot be.
    pub(super) fn read(settings: Cells, dimensions: usize, count: usize, bytes: &[u8]) -> Option<Self> {
        let length = count.checked_mul(dimensions)?.checked_mul(4)?;
        let (centres, cells) = bytes.split_at_checked(length)?;
        let values: Vec<f32> =
            centres.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let mut lists = vec![Vec::new(); count];
        for (place, cell) in (0_u32..).zip(cells.as_chunks::<4>().0) {
            lists.get_mut(u32::from_le_bytes(*cell) as usize)?.push(place);
        }
        let is_finite = values.iter().all(|value| value.is_finite());
        is_finite.then_some(Self { settings, centres: Vectors { dimensions, values }, lists })
    }

    /// About how many of so many numbers a search looks at.
    pub(super) fn share(&self, numbers: usize) -> usize {
        (numbers / self.len().max(1)).saturating_mul(self.settings.probes.min(self.len()))
    }

    /// How many cells there are.
    pub(super) fn len(&self) -> usize {
        self.lists.len()
    }
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

/// As many of them as there are to be centres.
fn first(sample: &Vectors, count: usize, random: &mut Keyed) -> Vectors {
    self::sample(sample, count, random)
}

/// The nearest centre of each vector, the first of equal ones. Vectors are shared out among threads, and what
/// comes out does not depend on how many these are.
fn nearest(vectors: &Vectors, centres: &Vectors) -> Vec<usize> {
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

/// Cells as they are shared.
pub(super) type Shared = Option<Arc<Inverted>>;
