//! Rows that are in two splits.

use std::collections::HashMap;
use std::fmt;

use dspy_numbers::near::{self, Pair, Shingles};
use serde::Serialize;

use super::{Rows, id, text};
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::signature::{Row, Schema};
use crate::value::Record;

/// A row that an earlier split has, too: what a program learned or was chosen by would be in what it is
/// judged by. From [`Splits::near_duplicates`](crate::Splits::near_duplicates), which has an example.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leak {
    /// The part in which the two are equal.
    pub kind: LeakKind,
    /// The row in the earlier split.
    pub first: Place,
    /// The row in the later one.
    pub second: Place,
    /// The similarity of their inputs: 1 where they are the same.
    pub similarity: f64,
}

/// The part in which two rows are equal; a part of [`Leak`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakKind {
    /// In their `id`.
    Id,
    /// In everything.
    Row,
    /// In their inputs; ids, labels or other fields differ.
    Inputs,
    /// Their inputs say nearly the same.
    Near,
}

/// The place of a row; a part of [`Leak`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The split.
    pub split: &'static str,
    /// The row's number in it, from 0.
    pub row: usize,
    /// The row's `id`, if it has one.
    pub id: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} of {}", self.row + 1, self.split)
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, first, second, similarity } = self;
        let named = |place: &Place| match &place.id {
            Some(id) => format!("{place} (id `{id}`)"),
            None => place.to_string(),
        };
        match (kind, &second.id) {
            (LeakKind::Id, Some(id)) => write!(f, "{first} is also {second} (id `{id}`)"),
            (LeakKind::Id | LeakKind::Row, _) => write!(f, "{first} is also {second}"),
            (LeakKind::Inputs, _) => write!(f, "{} has the inputs of {}", named(first), named(second)),
            (LeakKind::Near, _) => {
                write!(f, "{} is nearly {}: {similarity:.2} alike", named(first), named(second))
            }
        }
    }
}

/// The rows of several splits, one after the other.
pub(super) struct Listed {
    pub(super) places: Vec<Place>,
    /// The hashes of whole rows.
    pub(super) contents: Vec<String>,
    /// The hashes of their inputs alone.
    pub(super) inputs: Vec<String>,
    given: Vec<Record>,
    schema: &'static Schema,
}

impl Listed {
    pub(super) fn of<'a, R: Row>(
        splits: impl IntoIterator<Item = (&'static str, &'a Rows<R>)>,
    ) -> Result<Self> {
        let schema = R::schema();
        let (mut places, mut contents) = (Vec::new(), Vec::new());
        let (mut inputs, mut all) = (Vec::new(), Vec::new());
        for (split, rows) in splits {
            for (row, data) in rows.iter().enumerate() {
                let record = data.to_record()?;
                let given = record.only(schema.inputs().map(|field| field.name()));
                inputs.push(fingerprint::of(&serde_json::to_value(&given)?));
                all.push(given);
                places.push(Place { split, row, id: id(schema, &record) });
                contents.push(fingerprint::of(&serde_json::to_value(record)?));
            }
        }
        Ok(Self { places, contents, inputs, given: all, schema })
    }

    /// Returns the shingles by which the overlap of the texts of the inputs is measured.
    pub(super) fn shingles(&self) -> Vec<Shingles> {
        self.given.iter().map(|given| text::shingles(self.schema, given)).collect()
    }

    /// The rows that an earlier split has by id or by inputs, each once.
    ///
    /// The same row twice in one split repeats itself, but leaks nothing.
    pub(super) fn same(&self) -> Vec<Leak> {
        let (mut ids, mut inputs) = (HashMap::new(), HashMap::new());
        let mut leaks = Vec::new();
        for (row, place) in self.places.iter().enumerate() {
            let by_id = place.id.as_ref().map(|id| *ids.entry(id).or_insert(row));
            let by_inputs = *inputs.entry(&self.inputs[row]).or_insert(row);
            let elsewhere = |first: &usize| self.places[*first].split != place.split;
            if let Some(first) = by_id.filter(elsewhere) {
                leaks.push(self.leak(LeakKind::Id, first, row, self.alike(first, row)));
            } else if elsewhere(&by_inputs) {
                let whole = self.contents[by_inputs] == self.contents[row];
                let kind = if whole { LeakKind::Row } else { LeakKind::Inputs };
                leaks.push(self.leak(kind, by_inputs, row, 1.0));
            }
        }
        leaks
    }

    /// The rows that are alike by at least `least` with one of an earlier split; each with the most alike, and of
    /// several such with the first.
    pub(super) fn near(&self, least: f64) -> Vec<Leak> {
        let mut nearest: Vec<Option<Pair>> = vec![None; self.places.len()];
        let split = |row: usize| self.places[row].split;
        near::pairs(
            &self.shingles(),
            least,
            |one, other| split(one) == split(other),
            |pair| {
                let better = |known: &Pair| {
                    pair.similarity > known.similarity
                        || (pair.similarity == known.similarity && pair.first < known.first)
                };
                if nearest[pair.second].as_ref().is_none_or(better) {
                    nearest[pair.second] = Some(pair);
                }
            },
        );
        let leak = |pair: Pair| self.leak(LeakKind::Near, pair.first, pair.second, pair.similarity);
        nearest.into_iter().flatten().map(leak).collect()
    }

    fn alike(&self, one: usize, other: usize) -> f64 {
        let [one, other] = [one, other].map(|row| text::shingles(self.schema, &self.given[row]));
        one.resemblance(&other, 0.0).unwrap_or_default()
    }

    fn leak(&self, kind: LeakKind, first: usize, second: usize, similarity: f64) -> Leak {
        Leak { kind, first: self.places[first].clone(), second: self.places[second].clone(), similarity }
    }
}

/// An error that lists the first ten, if there are any.
pub(super) fn refuse(leaks: &[Leak]) -> Result<()> {
    if leaks.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = leaks.iter().take(10).map(ToString::to_string).collect();
    let more = match leaks.len().saturating_sub(10) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Err(Error::data(format!("a row may be in one split only: {}{more}", listed.join("; "))))
}
