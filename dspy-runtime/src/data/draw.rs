//! Splits drawn from one set of rows.

use std::collections::BTreeMap;
use std::fmt;

use dspy_numbers::{near, random};
use serde::Serialize;

use super::allot::{SPLITS, table, totals};
use super::leak::Listed;
use super::slice::{Slice, by};
use super::{Rows, Splits};
use crate::error::{Error, Result};
use crate::signature::Row;

/// Draws train, validation and test rows from one set, from [`Splits::draw`].
///
/// The seed and the rows decide, not their order: each row's place comes from the seed and its `id` (its
/// content, where it has none). A row that is added moves few others, those whose place is next to where two
/// splits meet; a label that is corrected moves none if rows have ids.
///
/// Rows that are the same or nearly so stay together, as one row that counts as often as it is there, so what is
/// drawn has no [`Leak`](super::Leak). Each split gets its share of each stratum to the nearest whole rows, and of
/// all rows exactly; only groups of rows that stay together can stand in the way, by at most half of the
/// largest.
///
/// # Example
///
/// ```
/// use dspy::{Rows, Splits, signature};
///
/// /// Say whether the number is even.
/// #[signature]
/// struct Even {
///     #[meta]
///     id: String,
///     #[input]
///     number: i64,
///     /// Whether 2 divides it.
///     #[output]
///     even: bool,
/// }
///
/// let rows: Rows<Even> =
///     (0..40).map(|number| Even { id: format!("n{number}"), number, even: number % 2 == 0 }).collect();
/// let splits = Splits::draw(rows).seed(7).shares(0.5, 0.25, 0.25).stratify(|row| row.even).split()?;
/// assert_eq!((splits.train.len(), splits.validation.len(), splits.test.len()), (20, 10, 10));
/// assert_eq!(splits.test.iter().filter(|row| row.even).count(), 5);
/// # Ok::<(), dspy::Error>(())
/// ```
#[must_use = "nothing is drawn before `split`"]
pub struct Draw<R> {
    rows: Rows<R>,
    seed: u64,
    shares: [f64; SPLITS],
    strata: Option<Slice<R>>,
    alike: f64,
}

impl<R: Row> Draw<R> {
    pub(super) fn new(rows: Rows<R>) -> Self {
        Self { rows, seed: 0, shares: [0.5, 0.25, 0.25], strata: None, alike: super::splits::ALIKE }
    }

    /// The seed of the draw; 0 by default.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the parts of the rows for training, validation and test; 0.5, 0.25 and 0.25 by default. They are
    /// above 0 and add up to 1.
    pub fn shares(mut self, train: f64, validation: f64, test: f64) -> Self {
        self.shares = [train, validation, test];
        self
    }

    /// Gives each split its share of each kind of rows: `.stratify(|row| row.kind)`.
    pub fn stratify<T: Serialize>(mut self, stratum: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        self.strata = Some(by(stratum));
        self
    }

    /// Sets the similarity from which rows stay together; 0.75 by default, 1 for rows that differ in case,
    /// blanks and punctuation at most. See [`Splits::near_duplicates`] for what it measures.
    pub fn alike(mut self, similarity: f64) -> Self {
        self.alike = similarity;
        self
    }

    /// Draws the splits.
    ///
    /// # Errors
    ///
    /// When the shares are no shares, or there are too few rows, or too few that differ, for a row in each
    /// split; the error says how many it takes.
    pub fn split(self) -> Result<Splits<R>> {
        self.check()?;
        let listed = Listed::of([("rows", &self.rows)])?;
        let ranks: Vec<[u8; 32]> = (0..self.rows.len()).map(|row| self.rank(&listed, row)).collect();
        let groups = groups(&listed, self.alike, &ranks);
        if groups.len() < SPLITS {
            return Err(Error::data(format!(
                "`{}` has {} rows, but only {} that are not alike; each of the three splits needs one \
                 (`alike` says from which similarity on rows stay together: {})",
                self.rows.name(),
                self.rows.len(),
                groups.len(),
                self.alike
            )));
        }
        let mut chosen: [Vec<usize>; SPLITS] = Default::default();
        for (group, split) in self.allotted(&groups) {
            chosen[split].extend(group);
        }
        let [train, validation, test] = chosen.map(|mut places| {
            places.sort_by_key(|row| ranks[*row]);
            self.rows.chosen(&places)
        });
        let (train, validation, test) = (train?, validation?, test?);
        for (split, rows) in [("train", &train), ("validation", &validation), ("test", &test)] {
            if rows.is_empty() {
                return Err(Error::data(format!(
                    "too many of the rows of `{}` are alike: none is left for the {split} split. Add rows that \
                     differ, or raise `alike` above {}",
                    self.rows.name(),
                    self.alike
                )));
            }
        }
        Splits::new(train, validation, test)
    }

    fn check(&self) -> Result<()> {
        let [train, validation, test] = self.shares;
        let are_shares = self.shares.iter().all(|share| *share > 0.0 && *share < 1.0);
        if !are_shares || (train + validation + test - 1.0).abs() > 1e-6 {
            return Err(Error::data(format!(
                "{train}, {validation} and {test} are no shares of the rows: each must be above 0, and together they \
                 must be 1"
            )));
        }
        if !(self.alike > 0.0 && self.alike <= 1.0) {
            return Err(Error::data(format!("{} is no similarity: it is above 0 and at most 1", self.alike)));
        }
        let whole = |rows: &usize| totals(*rows, &self.shares).iter().all(|count| *count > 0);
        if whole(&self.rows.len()) {
            return Ok(());
        }
        let needed = (SPLITS..).find(whole).unwrap_or(SPLITS);
        Err(Error::data(format!(
            "`{}` has {} rows; shares of {train}, {validation} and {test} need at least {needed}",
            self.rows.name(),
            self.rows.len()
        )))
    }

    /// Returns the rank of a row, which decides its place and depends only on the seed and the row.
    fn rank(&self, listed: &Listed, row: usize) -> [u8; 32] {
        let (kind, key) = match &listed.places[row].id {
            Some(id) => ("id", id),
            None => ("content", &listed.contents[row]),
        };
        random::seed(&[&self.seed.to_string(), "draw", kind, key])
    }

    /// Each group with the split that it goes to.
    fn allotted(&self, groups: &[Vec<usize>]) -> Vec<(Vec<usize>, usize)> {
        let mut strata: BTreeMap<String, Vec<&Vec<usize>>> = BTreeMap::new();
        for group in groups {
            let name = self.strata.as_ref().map(|stratum| stratum(&self.rows[group[0]]));
            strata.entry(name.unwrap_or_default()).or_default().push(group);
        }
        let sizes: Vec<usize> =
            strata.values().map(|groups| groups.iter().map(|group| group.len()).sum()).collect();
        let mut allotted = Vec::with_capacity(groups.len());
        for (groups, counts) in strata.into_values().zip(table(&sizes, &self.shares)) {
            let mut before = 0;
            for group in groups {
                // A group goes where its middle falls; a single row to where it is.
                let middle = 2 * before + group.len();
                let ends = [2 * counts[0], 2 * (counts[0] + counts[1])];
                allotted.push((group.clone(), ends.iter().filter(|end| middle > **end).count()));
                before += group.len();
            }
        }
        allotted
    }
}

/// The rows that stay together, in the order of their ranks.
fn groups(listed: &Listed, alike: f64, ranks: &[[u8; 32]]) -> Vec<Vec<usize>> {
    let mut sets = std::cell::RefCell::new(Sets((0..ranks.len()).collect()));
    let (mut ids, mut inputs) = (BTreeMap::new(), BTreeMap::new());
    for (row, place) in listed.places.iter().enumerate() {
        if let Some(id) = &place.id {
            sets.get_mut().join(*ids.entry(id).or_insert(row), row);
        }
        sets.get_mut().join(*inputs.entry(&listed.inputs[row]).or_insert(row), row);
    }
    near::pairs(
        &listed.shingles(),
        alike,
        |one, other| {
            let mut sets = sets.borrow_mut();
            sets.first(one) == sets.first(other)
        },
        |pair| sets.borrow_mut().join(pair.first, pair.second),
    );
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for row in 0..ranks.len() {
        groups.entry(sets.get_mut().first(row)).or_default().push(row);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.iter_mut().for_each(|group| group.sort_by_key(|row| (ranks[*row], &listed.contents[*row])));
    groups.sort_by_key(|group| ranks[group[0]]);
    groups
}

/// Sets of rows that grow together, each known by one of its rows.
struct Sets(Vec<usize>);

impl Sets {
    fn first(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.first(one), self.first(other));
        self.0[one.max(other)] = one.min(other);
    }
}

impl<R> fmt::Debug for Draw<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, seed, shares, strata, alike } = self;
        f.debug_struct("Draw")
            .field("rows", rows)
            .field("seed", seed)
            .field("shares", shares)
            .field("stratified", &strata.is_some())
            .field("alike", alike)
            .finish()
    }
}
