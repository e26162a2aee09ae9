//! The index of words by text, without the texts.

use std::collections::HashMap;

use super::super::top::top;
use crate::error::{Error, Result};

/// An inverted index.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    words: HashMap<Box<str>, u32>,
    /// The texts of each word, with its count in each.
    postings: Vec<Vec<(u32, u32)>>,
    /// The number of words in each text.
    lengths: Vec<u32>,
    /// The number of words in all texts.
    total: u64,
}

/// The constants that the formula leaves open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights {
    pub(super) k1: f64,
    pub(super) b: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75 }
    }
}

impl Index {
    /// Adds the words of the next text.
    pub(super) fn add(&mut self, words: Vec<String>) -> Result<()> {
        let too_many =
            |_| Error::data("an index holds at most 4,294,967,295 texts, words and words in a text");
        let text = u32::try_from(self.lengths.len()).map_err(too_many)?;
        let length = u32::try_from(words.len()).map_err(too_many)?;
        for word in words {
            let known = match self.words.get(word.as_str()) {
                Some(known) => *known,
                None => {
                    let new = u32::try_from(self.postings.len()).map_err(too_many)?;
                    self.words.insert(word.into(), new);
                    self.postings.push(Vec::new());
                    new
                }
            };
            let Some(postings) = self.postings.get_mut(known as usize) else { continue };
            match postings.last_mut() {
                Some((last, times)) if *last == text => *times += 1,
                _ => postings.push((text, 1)),
            }
        }
        self.lengths.push(length);
        self.total += u64::from(length);
        Ok(())
    }

    /// The texts that have words of the query, with their scores, the best first.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn search(&self, query: &[String], k: usize, weights: Weights) -> Vec<(usize, f64)> {
        let count = self.lengths.len() as f64;
        let average = self.total as f64 / count;
        let mut scores = vec![0.0; self.lengths.len()];
        let mut touched = Vec::new();
        for word in query {
            let Some(known) = self.words.get(word.as_str()) else { continue };
            let Some(postings) = self.postings.get(*known as usize) else { continue };
            let holders = postings.len() as f64;
            let rare = (1.0 + (count - holders + 0.5) / (holders + 0.5)).ln();
            for &(text, times) in postings {
                let (text, times) = (text as usize, f64::from(times));
                let (Some(score), Some(length)) = (scores.get_mut(text), self.lengths.get(text)) else {
                    continue;
                };
                let length = f64::from(*length) / average;
                if *score == 0.0 {
                    touched.push(text);
                }
                *score += rare * times * (weights.k1 + 1.0)
                    / (times + weights.k1 * (1.0 - weights.b + weights.b * length));
            }
        }
        let hits = touched.into_iter().filter_map(|text| Some((text, *scores.get(text)?))).collect();
        top(hits, k)
    }
}
