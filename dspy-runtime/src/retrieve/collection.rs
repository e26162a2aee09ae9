//! Passages by place and by id.

use std::collections::HashMap;

use super::passage::Passage;
use crate::error::{Error, Result};

/// Passages in the order in which they came, no id twice.
#[derive(Clone, Debug)]
pub(super) struct Collection<M> {
    passages: Vec<Passage<M>>,
    places: HashMap<String, usize>,
}

impl<M> Default for Collection<M> {
    fn default() -> Self {
        Self { passages: Vec::new(), places: HashMap::new() }
    }
}

impl<M> Collection<M> {
    pub(super) fn len(&self) -> usize {
        self.passages.len()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Passage<M>> {
        self.places.get(id).and_then(|place| self.passages.get(*place))
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Passage<M>> {
        self.passages.iter()
    }

    /// Refuses passages of which one has an id that is taken.
    pub(super) fn check(&self, passages: &[Passage<M>]) -> Result<()> {
        let mut new = HashMap::new();
        for (place, passage) in passages.iter().enumerate() {
            let id = passage.id.as_str();
            let taken = self.places.get(id).copied();
            if let Some(first) = taken.or_else(|| new.insert(id, self.len() + place)) {
                let second = self.len() + place;
                return Err(Error::data(format!(
                    "passages {first} and {second} (from 0) have the same id `{id}`; \
                     ids tell passages apart, so give each its own"
                )));
            }
        }
        Ok(())
    }

    /// Adds passages that have been checked.
    pub(super) fn extend(&mut self, passages: Vec<Passage<M>>) {
        for passage in passages {
            self.places.insert(passage.id.clone(), self.passages.len());
            self.passages.push(passage.with_score(0.0));
        }
    }
}

impl<M: Clone> Collection<M> {
    /// The passages at places, with their scores.
    pub(super) fn found(&self, hits: Vec<(usize, f64)>) -> Vec<Passage<M>> {
        let passage =
            |(place, score): (usize, f64)| Some(self.passages.get(place)?.clone().with_score(score));
        hits.into_iter().filter_map(passage).collect()
    }
}
