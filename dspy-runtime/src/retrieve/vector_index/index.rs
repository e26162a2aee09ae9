//! The vectors, and the search for the nearest.

use std::sync::Arc;

use super::cells::{Cells, Inverted};
use super::vectors::Vectors;
use crate::error::Result;

/// All in a row, or in cells.
#[derive(Clone)]
pub(super) enum Index {
    Flat(Arc<Vectors>),
    Cells(Arc<Inverted>),
}

impl Index {
    /// Adds vectors: all, or none where one cannot be.
    pub(super) fn extend(&mut self, new: Vec<Vec<f32>>) -> Result<()> {
        match self {
            Self::Flat(vectors) => Arc::make_mut(vectors).extend(new),
            Self::Cells(cells) => Arc::make_mut(cells).extend(new),
        }
    }

    /// All vectors in their order.
    pub(super) fn flat(&self) -> Arc<Vectors> {
        match self {
            Self::Flat(vectors) => vectors.clone(),
            Self::Cells(cells) => Arc::new(cells.flat()),
        }
    }

    pub(super) fn in_cells(&self, settings: Cells) -> Self {
        Self::Cells(Arc::new(Inverted::build(&self.flat(), settings)))
    }

    /// The places of the `k` nearest by cosine, with the cosines.
    pub(super) fn nearest(&self, query: &[f32], k: usize) -> Vec<(usize, f64)> {
        match self {
            Self::Flat(vectors) => vectors.nearest(query, k),
            Self::Cells(cells) => cells.nearest(query, k),
        }
    }

    /// About how many numbers a search looks at.
    pub(super) fn looked_at(&self) -> usize {
        match self {
            Self::Flat(vectors) => vectors.values.len(),
            Self::Cells(cells) => cells.share(),
        }
    }

    pub(super) fn dimensions(&self) -> usize {
        match self {
            Self::Flat(vectors) => vectors.dimensions,
            Self::Cells(cells) => cells.dimensions(),
        }
    }

    pub(super) fn cells(&self) -> Option<&Inverted> {
        match self {
            Self::Flat(_) => None,
            Self::Cells(cells) => Some(cells),
        }
    }
}
