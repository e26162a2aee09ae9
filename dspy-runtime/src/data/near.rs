//! Which of many rows are nearly the same.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::text::Shingles;

/// Two rows, by place, and how alike they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) first: usize,
    pub(super) second: usize,
    pub(super) similarity: f64,
}

/// Hands over every pair of rows that are alike by at least `least`, except those that `skip` names first.
///
/// It finds all of them and no other: two sets that are so alike share one of their rarest shingles (prefix
/// filtering: Chaudhuri, Ganti and Kaushik, A Primitive Operator for Similarity Joins, 2006), so only
/// rows that share a rare one are compared, each pair exactly.
pub(super) fn pairs(
    rows: &[Shingles],
    least: f64,
    mut skip: impl FnMut(usize, usize) -> bool,
    mut each: impl FnMut(Pair),
) {
    let rank = Ranks::of(rows);
    let mut order: Vec<usize> = (0..rows.len()).filter(|row| rows[*row].len() > 0).collect();
    order.sort_by_key(|row| rows[*row].len());
    let mut index: HashMap<u32, Posting, BuildHasherDefault<AsItIs>> = HashMap::default();
    let mut seen = vec![usize::MAX; rows.len()];
    for row in order {
        let size = rows[row].len();
        for shingle in rank.rarest(&rows[row], prefix(size, least)) {
            let posting = index.entry(shingle).or_default();
            // Sizes only grow from here on, so rows that are too short for this one are for all others.
            while posting
                .rows
                .get(posting.from)
                .is_some_and(|other| too_short(rows[*other].len(), size, least))
            {
                posting.from += 1;
            }
            for other in posting.rows.iter().skip(posting.from).copied() {
                if std::mem::replace(&mut seen[other], row) == row || skip(other, row) {
                    continue;
                }
                if let Some(similarity) = rows[other].resemblance(&rows[row], least) {
                    each(Pair { first: other.min(row), second: other.max(row), similarity });
                }
            }
            posting.rows.push(row);
        }
    }
}

/// The rows that have a shingle among their rarest, by size; those before `from` are out of reach.
#[derive(Default)]
struct Posting {
    rows: Vec<usize>,
    from: usize,
}

#[allow(clippy::cast_precision_loss)]
fn too_short(short: usize, long: usize, least: f64) -> bool {
    (short as f64) < least * long as f64 - 1e-9
}

/// How many of its rarest shingles a set must show to be found by any that is alike.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn prefix(size: usize, least: f64) -> usize {
    let shared = (size as f64 * least - 1e-9).ceil().max(1.0) as usize;
    size - shared.min(size) + 1
}

/// All shingles, the rarest first.
struct Ranks(HashMap<u64, u32, BuildHasherDefault<AsItIs>>);

impl Ranks {
    fn of(rows: &[Shingles]) -> Self {
        let mut counts: HashMap<u64, u32, BuildHasherDefault<AsItIs>> = HashMap::default();
        rows.iter().flat_map(Shingles::all).for_each(|shingle| *counts.entry(shingle).or_default() += 1);
        let mut order: Vec<(u32, u64)> = counts.iter().map(|(shingle, count)| (*count, *shingle)).collect();
        order.sort_unstable();
        for (rank, (_, shingle)) in (0_u32..).zip(order) {
            counts.insert(shingle, rank);
        }
        Self(counts)
    }

    fn rarest(&self, row: &Shingles, count: usize) -> Vec<u32> {
        let mut ranks: Vec<u32> = row.all().filter_map(|shingle| self.0.get(&shingle).copied()).collect();
        if count < ranks.len() {
            ranks.select_nth_unstable(count);
            ranks.truncate(count);
        }
        ranks.sort_unstable();
        ranks
    }
}

/// Hashes what is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = (self.0 << 8) ^ u64::from(*byte));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random::Keyed;
    use crate::signature::SchemaBuilder;
    use crate::value::Record;

    const WORDS: [&str; 12] =
        ["card", "money", "never", "came", "late", "parcel", "broken", "refund", "where", "is", "my", "the"];

    fn texts(count: usize, seed: u64) -> Vec<Shingles> {
        let schema = SchemaBuilder::new("T", "").input::<String>("a", "").input::<i64>("b", "").build();
        let mut random = Keyed::new(seed, &["near"]);
        let mut text = || {
            let words = 2 + random.below(6);
            let text: Vec<_> = (0..words).map(|_| WORDS[random.below(WORDS.len())]).collect();
            json!({"a": text.join(" "), "b": random.below(2)})
        };
        let record = |value: serde_json::Value| serde_json::from_value::<Record>(value).expect("an object");
        (0..count).map(|_| Shingles::of(&schema, &record(text()))).collect()
    }

    #[test]
    fn the_join_finds_what_comparing_all_pairs_finds() {
        let mut found = 0;
        for (seed, least) in (0..8).flat_map(|seed| [0.3, 0.5, 0.75, 0.9, 1.0].map(|least| (seed, least))) {
            let rows = texts(90, seed);
            let mut quick = Vec::new();
            pairs(&rows, least, |_, _| false, |pair| quick.push(pair));
            quick.sort_by_key(|pair| (pair.first, pair.second));
            let mut slow = Vec::new();
            for first in 0..rows.len() {
                for second in first + 1..rows.len() {
                    let similarity = rows[first].resemblance(&rows[second], least);
                    slow.extend(similarity.map(|similarity| Pair { first, second, similarity }));
                }
            }
            found += slow.len();
            assert_eq!(quick, slow, "seed {seed}, {least}");
        }
        assert!(found > 100, "the texts are alike often enough to tell something: {found}");
    }

    #[test]
    fn twenty_thousand_rows_take_about_a_second() {
        let schema = SchemaBuilder::new("T", "").input::<String>("a", "").build();
        let mut random = Keyed::new(1, &["many"]);
        let mut word =
            || (0..3 + random.below(6)).map(|_| (b'a' + random.below(26) as u8) as char).collect::<String>();
        let vocabulary: Vec<String> = (0..3_000).map(|_| word()).collect();
        let rows: Vec<_> = (0..20_000)
            .map(|_| {
                let text: Vec<_> = (0..20).map(|_| vocabulary[random.below(3_000)].as_str()).collect();
                Shingles::of(&schema, &Record::from_iter([("a", text.join(" "))]))
            })
            .collect();
        let begun = std::time::Instant::now();
        let mut found = 0;
        pairs(&rows, 0.75, |_, _| false, |_| found += 1);
        // Ten times what it takes, so that a busy machine does not fail; all pairs would take minutes.
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
        assert_eq!(found, 0);
    }
}
