//! Train rows with their labels, in an order in which the first of them show most.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::signature::Row;
use crate::value::Record;
use dspy_numbers::bag::{hash, words};
use dspy_numbers::near::{self, Shingles};
use dspy_numbers::random::Keyed;

/// The most bytes of rows in one request, so that long rows do not fill a model's context.
const BYTES: usize = 24_000;
/// The share of their words that two rows of a label have in common where one says nothing beside the other.
const REDUNDANT: f64 = 0.8;

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

/// Rows by their labels, and which of a label say the same: what every order of them rests on.
#[derive(Clone, Debug)]
pub(in crate::optimize) struct Labelled {
    groups: Vec<Vec<usize>>,
    /// The rows of the same label that a row has nearly all words of.
    alike: Vec<Vec<usize>>,
    sizes: Vec<usize>,
}

impl Labelled {
    pub(in crate::optimize) fn new<R: Row>(rows: &[R]) -> Self {
        let schema = R::schema();
        let fields = || schema.inputs().chain(schema.outputs()).map(|field| field.name());
        let record = |row: &R| row.to_record().map(|row| row.only(fields())).unwrap_or_default();
        let records: Vec<Record> = rows.iter().map(record).collect();
        let name = label::<R>(&records);
        let label = |record: &Record| name.and_then(|name| record.get(name)).map(ToString::to_string);
        let labels: Vec<String> = records.iter().map(|record| label(record).unwrap_or_default()).collect();
        let texts: Vec<String> = records.iter().map(ToString::to_string).collect();
        let said =
            |text: &String| Shingles::new([words(text).iter().map(|word| hash("word", word)).collect()]);
        let said: Vec<Shingles> = texts.iter().map(said).collect();
        let mut alike = vec![Vec::new(); rows.len()];
        near::pairs(
            &said,
            REDUNDANT,
            |one, other| labels[one] != labels[other],
            |pair| {
                alike[pair.first].push(pair.second);
                alike[pair.second].push(pair.first);
            },
        );
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, label) in labels.into_iter().enumerate() {
            groups.entry(label).or_default().push(place);
        }
        let sizes = texts.iter().map(String::len).collect();
        Self { groups: groups.into_values().collect(), alike, sizes }
    }

    /// The rows in an order that follows from a seed.
    pub(in crate::optimize) fn shuffled(&self, seed: u64) -> Material {
        let mut random = Keyed::new(seed, &["material"]);
        let mut groups = self.groups.clone();
        random.shuffle(&mut groups);
        let mut last = Vec::new();
        for group in &mut groups {
            random.shuffle(group);
            last.extend(self.take_redundant(group));
        }
        let longest = groups.iter().map(Vec::len).max().unwrap_or_default();
        let turns =
            (0..longest).flat_map(|turn| groups.iter().filter_map(move |group| group.get(turn)).copied());
        Material { order: turns.chain(last).collect(), sizes: self.sizes.clone() }
    }

    /// Takes the rows out of a group that have nearly all words of an earlier one.
    fn take_redundant(&self, group: &mut Vec<usize>) -> Vec<usize> {
        let mut kept = BTreeSet::new();
        let is_redundant = |row: &mut usize| {
            let new = !self.alike[*row].iter().any(|other| kept.contains(other));
            if new {
                kept.insert(*row);
            }
            !new
        };
        group.extract_if(.., is_redundant).collect()
    }
}

impl Material {
    /// The rows in an order that follows from a seed.
    pub(in crate::optimize) fn new<R: Row>(rows: &[R], seed: u64) -> Self {
        Labelled::new(rows).shuffled(seed)
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
