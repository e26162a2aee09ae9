//! Train rows with their labels, in an order in which the first of them show most.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::signature::Row;
use crate::value::Record;
use dspy_numbers::bag::words;
use dspy_numbers::random::Keyed;

/// The most bytes of rows in one request, so that long rows do not fill a model's context.
const BYTES: usize = 24_000;
/// The share of their words that two rows of a label have in common where one says nothing beside the other.
const REDUNDANT: f64 = 0.8;
/// Rows of a label that are compared with each other.
const COMPARED: usize = 200;

/// The train rows in a random order in which every label comes up before one comes up again, and rows that say what another of
/// their label says come last.
///
/// Rows with their labels cost no calls. A proposal that sees a row of every label has rules for all of them, where one from
/// the rows of a minibatch alone draws what it does not know to the few labels that it has read of; demonstrations likewise.
#[derive(Clone, Debug)]
pub(in crate::optimize) struct Material {
    order: Vec<usize>,
    sizes: Vec<usize>,
}

impl Material {
    pub(in crate::optimize) fn new<R: Row>(rows: &[R], seed: u64) -> Self {
        let schema = R::schema();
        let fields = || schema.inputs().chain(schema.outputs()).map(|field| field.name());
        let record = |row: &R| row.to_record().map(|row| row.only(fields())).unwrap_or_default();
        let records: Vec<Record> = rows.iter().map(record).collect();
        let label = label::<R>(&records);
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, record) in records.iter().enumerate() {
            let own = label.and_then(|name| record.get(name)).map(ToString::to_string);
            groups.entry(own.unwrap_or_default()).or_default().push(place);
        }
        let mut random = Keyed::new(seed, &["material"]);
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        random.shuffle(&mut groups);
        let mut last = Vec::new();
        for group in &mut groups {
            random.shuffle(group);
            last.extend(take_redundant(group, &records));
        }
        let longest = groups.iter().map(Vec::len).max().unwrap_or_default();
        let turns =
            (0..longest).flat_map(|turn| groups.iter().filter_map(move |group| group.get(turn)).copied());
        let sizes = records.iter().map(|record| record.to_string().len()).collect();
        Self { order: turns.chain(last).collect(), sizes }
    }

    /// All rows but some.
    pub(in crate::optimize) fn all(&self, besides: &[usize]) -> impl Iterator<Item = usize> {
        self.order.iter().copied().filter(|row| !besides.contains(row))
    }

    /// The rows of a proposal: so many, those after the rows of the proposal before it, without those that are shown in any
    /// case.
    pub(in crate::optimize) fn rows(&self, number: usize, count: usize, besides: &[usize]) -> Vec<usize> {
        let (all, mut bytes) = (self.order.len(), 0);
        let first = number.wrapping_mul(count) % all.max(1);
        let turned = self.order.iter().skip(first).chain(self.order.iter().take(first)).copied();
        let open = turned.filter(|row| !besides.contains(row)).take(count);
        let fits = open.take_while(|row| {
            bytes += self.sizes.get(*row).copied().unwrap_or_default();
            bytes <= BYTES
        });
        fits.collect()
    }
}

/// Takes the rows out of a group that have nearly all words of an earlier one.
fn take_redundant(group: &mut Vec<usize>, records: &[Record]) -> Vec<usize> {
    let said = |row: usize| -> BTreeSet<String> {
        records.get(row).map(|record| words(&record.to_string()).into_iter().collect()).unwrap_or_default()
    };
    let alike = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let both = one.intersection(other).count() as f64;
        both >= REDUNDANT * (one.len() + other.len()) as f64 - REDUNDANT * both
    };
    let mut kept: Vec<BTreeSet<String>> = Vec::new();
    let (mut own, mut redundant) = (Vec::new(), Vec::new());
    for row in group.drain(..) {
        let words = if kept.len() < COMPARED { said(row) } else { BTreeSet::new() };
        if !words.is_empty() && kept.iter().any(|other| alike(&words, other)) {
            redundant.push(row);
            continue;
        }
        if !words.is_empty() {
            kept.push(words);
        }
        own.push(row);
    }
    *group = own;
    redundant
}

/// The output by which rows are told apart: the one with the fewest different values, if these come up twice or more in the
/// mean.
fn label<R: Row>(records: &[Record]) -> Option<&'static str> {
    let plain = |value: &&Value| matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_));
    let different = |name: &str| {
        let values = records.iter().filter_map(|record| record.get(name)).filter(plain);
        values.map(ToString::to_string).collect::<BTreeSet<_>>().len()
    };
    let outputs = R::schema().outputs().map(|field| (different(field.name()), field.name()));
    outputs.filter(|(count, _)| *count > 1 && 2 * count <= records.len()).min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Say which kind it is.
    #[dspy_macros::signature]
    struct Sorted {
        #[input]
        text: String,
        /// The kind.
        #[output]
        kind: String,
    }

    fn rows(texts: &[(&str, &str)]) -> Vec<Sorted> {
        let row = |(text, kind): &(&str, &str)| Sorted { text: (*text).to_owned(), kind: (*kind).to_owned() };
        texts.iter().map(row).collect()
    }

    fn many() -> Vec<Sorted> {
        let row = |number: usize| {
            let kind = ["a", "a", "a", "b", "c"][number % 5];
            Sorted { text: format!("words {number} of {}", number * number), kind: kind.to_owned() }
        };
        (0..50).map(row).collect()
    }

    #[test]
    fn every_label_comes_up_before_one_comes_up_again() {
        let rows = many();
        for seed in 0..20 {
            let material = Material::new(&rows, seed);
            let first: BTreeSet<&str> =
                material.rows(0, 3, &[]).iter().map(|row| &*rows[*row].kind).collect();
            assert_eq!(first.len(), 3, "seed {seed}");
            let mut all: Vec<usize> = material.all(&[]).collect();
            all.sort_unstable();
            assert_eq!(all, (0..50).collect::<Vec<_>>());
        }
        assert_ne!(Material::new(&rows, 0).rows(0, 9, &[]), Material::new(&rows, 1).rows(0, 9, &[]));
    }

    #[test]
    fn proposals_go_through_all_rows_in_turn() {
        let material = Material::new(&many(), 7);
        let mut seen: Vec<usize> = (0..5).flat_map(|number| material.rows(number, 10, &[])).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..50).collect::<Vec<_>>());
        assert_eq!(material.rows(5, 10, &[]), material.rows(0, 10, &[]));
        let own = material.rows(0, 4, &[]);
        assert!(material.rows(0, 10, &own).iter().all(|row| !own.contains(row)));
    }

    #[test]
    fn a_row_that_says_what_another_says_comes_last() {
        let rows = rows(&[
            ("My card was swallowed by a machine in the street!", "card"),
            ("my card was swallowed by a machine in the street", "card"),
            ("The machine at the corner kept my card.", "card"),
            ("How old must one be?", "age"),
            ("From which age on may I have one?", "age"),
        ]);
        for seed in 0..10 {
            let last = Material::new(&rows, seed).all(&[]).last();
            assert!(last.is_some_and(|row| row < 2), "seed {seed}");
        }
    }

    #[test]
    fn rows_without_labels_are_shuffled() {
        let texts: Vec<String> = (0..9).map(|number| format!("text {number}")).collect();
        let rows = rows(&texts.iter().map(|text| (&**text, &**text)).collect::<Vec<_>>());
        assert_eq!(Material::new(&rows, 0).all(&[]).count(), 9);
        assert_eq!(Material::new::<Sorted>(&[], 0).rows(3, 4, &[]), Vec::<usize>::new());
    }

    #[test]
    fn long_rows_are_cut_off_by_size() {
        let long = "word ".repeat(2_000);
        let rows =
            rows(&[(&format!("1 {long}"), "a"), (&format!("2 {long}"), "b"), (&format!("3 {long}"), "a")]);
        assert_eq!(Material::new(&rows, 0).rows(0, 3, &[]).len(), 2);
    }
}
