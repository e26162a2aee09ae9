//! Detection of rows that are nearly equal.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The features of a row that tell how alike it is to others: for each of its parts a set of numbers.
#[derive(Clone, Debug)]
pub struct Shingles {
    parts: Box<[Box<[u64]>]>,
}

impl Shingles {
    /// Collects those of the parts, in whatever order and however often each stands there.
    pub fn new(parts: impl IntoIterator<Item = Vec<u64>>) -> Self {
        let sets = parts.into_iter().map(|mut part| {
            part.sort_unstable();
            part.dedup();
            part.into()
        });
        Self { parts: sets.collect() }
    }

    fn all(&self) -> impl Iterator<Item = u64> {
        self.parts.iter().flatten().copied()
    }

    fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// Returns the similarity of two rows: the resemblance (Jaccard) of the parts that are least alike, if it
    /// is at least `least`. Questions about one long document are not alike because the document is.
    pub fn resemblance(&self, other: &Self, least: f64) -> Option<f64> {
        let mut lowest = 1.0_f64;
        for (one, other) in self.parts.iter().zip(&other.parts) {
            lowest = lowest.min(jaccard(one, other));
            if lowest < least {
                return None;
            }
        }
        Some(lowest)
    }
}

#[allow(clippy::cast_precision_loss)]
fn jaccard(one: &[u64], other: &[u64]) -> f64 {
    let (mut i, mut j, mut common) = (0, 0, 0_usize);
    while let (Some(a), Some(b)) = (one.get(i), other.get(j)) {
        common += usize::from(a == b);
        i += usize::from(a <= b);
        j += usize::from(b <= a);
    }
    match one.len() + other.len() - common {
        0 => 1.0,
        all => common as f64 / all as f64,
    }
}

/// Two rows, by place, and how alike they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The row that comes first.
    pub first: usize,
    /// The other.
    pub second: usize,
    /// The similarity, from 0 to 1.
    pub similarity: f64,
}

/// Hands over every pair of rows that are alike by at least `least`, except those that `skip` names first.
///
/// It finds all of them and no other: two sets that are so alike share one of their rarest shingles (prefix
/// filtering: Chaudhuri, Ganti and Kaushik, A Primitive Operator for Similarity Joins, 2006), so only
/// rows that share a rare one are compared, each pair exactly.
pub fn pairs(
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

/// Returns the number of its rarest shingles that a set must show to be found by any that is alike.
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
    use super::*;
    use crate::random::Keyed;

    /// The pairs of letters of a text.
    fn letters(text: &str) -> Vec<u64> {
        text.as_bytes().windows(2).map(|pair| u64::from(pair[0]) << 8 | u64::from(pair[1])).collect()
    }

    fn texts(count: usize, seed: u64) -> Vec<Shingles> {
        const WORDS: [&str; 12] = [
            "card", "money", "never", "came", "late", "parcel", "broken", "refund", "where", "is", "my",
            "the",
        ];
        let mut random = Keyed::new(seed, &["near"]);
        let mut text = || {
            let words = 2 + random.below(6);
            let text: Vec<_> = (0..words).map(|_| WORDS[random.below(WORDS.len())]).collect();
            Shingles::new([letters(&text.join(" ")), vec![random.below(2) as u64]])
        };
        (0..count).map(|_| text()).collect()
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
        let mut random = Keyed::new(1, &["many"]);
        // As texts of 20 words have them: some that are in a word, and some where two words meet.
        let mut row = || {
            let words: Vec<u64> = (0..20).map(|_| random.below(3_000) as u64).collect();
            let inside = words.iter().flat_map(|word| [word * 2, word * 2 + 1]);
            let between = words.windows(2).map(|pair| (pair[0] * 3_000 + pair[1] + 2) * 3_000);
            let between = between.flat_map(|pair| (0..4).map(move |at| pair + at));
            Shingles::new([inside.chain(between).collect::<Vec<_>>()])
        };
        let rows: Vec<_> = (0..20_000).map(|_| row()).collect();
        let begun = std::time::Instant::now();
        let mut found = 0;
        pairs(&rows, 0.75, |_, _| false, |_| found += 1);
        // Ten times what it takes, so that a busy machine does not fail; all pairs would take minutes.
        assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
        assert_eq!(found, 0);
    }
}
