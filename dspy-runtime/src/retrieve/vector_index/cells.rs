//! Vectors in cells, of which a search looks at a few.

use serde::{Deserialize, Serialize};

use super::super::top::top;
use super::kmeans::{self, nearest};
use super::vectors::{Vectors, dot};
use crate::error::{Error, Result};
use dspy_numbers::random::Keyed;

/// The settings by which [`VectorIndex`](super::VectorIndex) are put into cells by
/// [`approximate`](super::VectorIndex::approximate); see there.
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
    /// Sets the number of cells, at most one for each vector; by default the square root of the number of
    /// vectors.
    #[must_use]
    pub fn count(mut self, cells: usize) -> Self {
        self.count = Some(cells);
        self
    }

    /// Sets the number of cells, those nearest to the query, in which a search looks; 16 by default. More
    /// find more and take longer; all of them are exact.
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

/// An inverted file: the vectors by the centre that they are nearest to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inverted {
    pub(super) settings: Cells,
    centres: Vectors,
    cells: Vec<Cell>,
}

/// The vectors of one cell, side by side in memory, since they are looked at together.
#[derive(Clone, Debug, Default, PartialEq)]
struct Cell {
    /// The place of each among all, ascending.
    places: Vec<usize>,
    values: Vec<f32>,
}

impl Inverted {
    /// Learns centres by k-means over directions, and puts each vector to the nearest.
    pub(super) fn build(vectors: &Vectors, settings: Cells) -> Self {
        let square_root = vectors.len().isqrt().max(1);
        let count = settings.count.unwrap_or(square_root).min(vectors.len());
        let mut random = Keyed::new(settings.seed, &["retrieve", "cells"]);
        let centres = kmeans::centres(vectors, count, &mut random);
        let nearest = nearest(vectors, &centres);
        Self::of(settings, centres, vectors, &nearest)
    }

    /// The vectors in cells that are known; what is in none is left out.
    fn of(settings: Cells, centres: Vectors, vectors: &Vectors, cells: &[usize]) -> Self {
        let mut inverted = Self { settings, cells: vec![Cell::default(); centres.len()], centres };
        inverted.put(vectors, 0, cells);
        for cell in &mut inverted.cells {
            cell.values.shrink_to_fit();
        }
        inverted
    }

    fn put(&mut self, vectors: &Vectors, from: usize, cells: &[usize]) {
        for ((place, vector), cell) in (from..).zip(vectors.iter()).zip(cells) {
            if let Some(cell) = self.cells.get_mut(*cell) {
                cell.places.push(place);
                cell.values.extend_from_slice(vector);
            }
        }
    }

    /// Takes more vectors into the cells that there are; where there are none, these are the first.
    pub(super) fn extend(&mut self, new: Vec<Vec<f32>>) -> Result<()> {
        let before = self.vectors();
        let mut vectors = Vectors { dimensions: self.centres.dimensions, values: Vec::new() };
        vectors.extend(new)?;
        match self.cells.is_empty() {
            true => *self = Self::build(&vectors, self.settings),
            false => self.put(&vectors, before, &nearest(&vectors, &self.centres)),
        }
        Ok(())
    }

    /// The places of the `k` nearest among those in the nearest cells; in further cells where these hold fewer.
    pub(super) fn nearest(&self, query: &[f32], k: usize) -> Vec<(usize, f64)> {
        let centres = self.centres.iter().map(|centre| f64::from(dot(centre, query)));
        let order = top(centres.enumerate().collect(), self.len());
        let mut hits = Vec::new();
        for (looked, (cell, _)) in order.into_iter().enumerate() {
            if looked >= self.settings.probes && hits.len() >= k {
                break;
            }
            let Some(cell) = self.cells.get(cell) else { continue };
            let scores =
                cell.values.chunks_exact(query.len().max(1)).map(|vector| f64::from(dot(vector, query)));
            hits.extend(cell.places.iter().copied().zip(scores));
        }
        top(hits, k)
    }

    /// All vectors in their order again.
    pub(super) fn flat(&self) -> Vectors {
        let dimensions = self.centres.dimensions;
        let mut values = vec![0.0; self.vectors() * dimensions];
        for cell in &self.cells {
            for (place, vector) in cell.places.iter().zip(cell.values.chunks_exact(dimensions.max(1))) {
                if let Some(own) = values.get_mut(place * dimensions..(place + 1) * dimensions) {
                    own.copy_from_slice(vector);
                }
            }
        }
        Vectors { dimensions, values }
    }

    /// The centres and, for each vector, its cell, as numbers of four bytes.
    pub(super) fn write(&self, to: &mut Vec<u8>) {
        to.extend(self.centres.values.iter().flat_map(|value| value.to_le_bytes()));
        let mut cells = vec![0_u32; self.vectors()];
        for (number, cell) in (0_u32..).zip(&self.cells) {
            for place in &cell.places {
                if let Some(own) = cells.get_mut(*place) {
                    *own = number;
                }
            }
        }
        to.extend(cells.iter().flat_map(|cell| cell.to_le_bytes()));
    }

    /// Reads the output of [`write`](Self::write) for these vectors; nothing where a number cannot be.
    pub(super) fn read(settings: Cells, count: usize, bytes: &[u8], vectors: &Vectors) -> Option<Self> {
        let dimensions = vectors.dimensions;
        let (centres, cells) = bytes.split_at_checked(count.checked_mul(dimensions)?.checked_mul(4)?)?;
        let values: Vec<f32> =
            centres.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        let cells: Vec<usize> =
            cells.as_chunks::<4>().0.iter().map(|cell| u32::from_le_bytes(*cell) as usize).collect();
        let fits = cells.iter().all(|cell| *cell < count) && values.iter().all(|value| value.is_finite());
        fits.then(|| Self::of(settings, Vectors { dimensions, values }, vectors, &cells))
    }

    /// About how many of all numbers a search looks at.
    pub(super) fn share(&self) -> usize {
        let numbers = self.vectors().saturating_mul(self.centres.dimensions);
        (numbers / self.len().max(1)).saturating_mul(self.settings.probes.min(self.len()))
    }

    /// Returns the number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Returns the number of vectors.
    pub(super) fn vectors(&self) -> usize {
        self.cells.iter().map(|cell| cell.places.len()).sum()
    }

    pub(super) fn dimensions(&self) -> usize {
        self.centres.dimensions
    }
}
