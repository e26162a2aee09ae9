//! Which train rows a proposal is shown besides those that the program was run on.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// The most bytes of rows in one request, so that long rows do not fill a model's context.
const BYTES: usize = 24_000;

/// The train rows in an order in which every label comes up before one comes up again, to be shown piece by piece.
///
/// Rows with their labels cost nothing: a proposal that sees a row of every label has rules for all of them, where one from
/// the rows of a minibatch alone draws what it does not know to the few labels that it has read of.
#[derive(Clone, Debug)]
pub(in crate::optimize) struct Material {
    order: Vec<usize>,
    sizes: Vec<usize>,
}

impl Material {
    pub(in crate::optimize) fn new<R: Row>(rows: &[R], seed: u64) -> Self {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let label = label::<R>(rows);
        let mut sizes = Vec::with_capacity(rows.len());
        for (place, row) in rows.iter().enumerate() {
            let record = row.to_record().unwrap_or_default();
            sizes.push(record.to_string().len());
            let own = label.and_then(|name| record.get(name)).map(ToString::to_string);
            groups.entry(own.unwrap_or_default()).or_default().push(place);
        }
        let mut random = Keyed::new(seed, &["material"]);
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        random.shuffle(&mut groups);
        groups.iter_mut().for_each(|group| random.shuffle(group));
        let longest = groups.iter().map(Vec::len).max().unwrap_or_default();
        let order = (0..longest).flat_map(|turn| groups.iter().filter_map(move |group| group.get(turn)).copied());
        Self { order: order.collect(), sizes }
    }

    /// The rows of a proposal: so many, the ones after those of the proposal before it, without those that are shown in any
    /// case.
    pub(in crate::optimize) fn rows(&self, number: usize, count: usize, besides: &[usize]) -> Vec<usize> {
        let (all, mut bytes) = (self.order.len(), 0);
        let turned = (0..all).filter_map(|place| self.order.get((number * count + place) % all.max(1)).copied());
        let open = turned.filter(|row| !besides.contains(row)).take(count);
        let fits = open.take_while(|row| {
            bytes += self.sizes.get(*row).copied().unwrap_or_default();
            bytes <= BYTES
        });
        fits.collect()
    }
}

/// The output by which rows are told apart: the one with the fewest different values, if most of them come up more than once
/// in the mean.
fn label<R: Row>(rows: &[R]) -> Option<&'static str> {
    let records: Vec<_> = rows.iter().filter_map(|row| row.to_record().ok()).collect();
    let different = |name: &str| {
        let values = records.iter().filter_map(|record| record.get(name));
        let plain = values.filter(|value| matches!(value, Value::String(_) | Value::Bool(_) | Value::Number(_)));
        plain.map(ToString::to_string).collect::<std::collections::BTreeSet<_>>().len()
    };
    let outputs = R::schema().outputs().map(|field| (different(field.name()), field.name()));
    outputs.filter(|(count, _)| *count > 1 && 2 * count <= records.len()).min().map(|(_, name)| name)
}
