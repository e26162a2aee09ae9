//! The three sets of rows that tuning and release need.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use super::Rows;
use crate::error::{Error, Result};
use crate::signature::Row;

/// Rows to learn from, rows to choose by, and rows to decide the release on; no row is in two of them.
///
/// # Example
///
/// ```
/// use dspy::{Rows, Splits, signature};
///
/// /// Double the number.
/// #[signature]
/// struct Double {
///     #[input]
///     number: i64,
///     /// Twice the number.
///     #[output]
///     doubled: i64,
/// }
///
/// let rows = |numbers: std::ops::Range<i64>| numbers.map(|number| Double { number, doubled: 2 * number }).collect::<Rows<_>>();
/// let splits = Splits::new(rows(0..4), rows(4..6), rows(6..8))?;
/// assert_eq!(splits.train.len(), 4);
///
/// let error = Splits::new(rows(0..4), rows(3..6), rows(6..8)).unwrap_err();
/// assert!(error.to_string().contains("row 4 of train is also row 1 of validation"));
/// # Ok::<(), dspy::Error>(())
/// ```
#[non_exhaustive]
pub struct Splits<R> {
    /// What demonstrations and proposals are made from.
    pub train: Rows<R>,
    /// What candidates are compared on.
    pub validation: Rows<R>,
    /// What the release gate decides on; no optimizer ever sees it.
    pub test: Rows<R>,
}

impl<R: Row> Splits<R> {
    /// Reads three files; see [`Rows::load`].
    ///
    /// # Errors
    ///
    /// When a file cannot be used, or a row is in two of them.
    pub fn load(
        train: impl AsRef<Path>,
        validation: impl AsRef<Path>,
        test: impl AsRef<Path>,
    ) -> Result<Self> {
        Self::new(Rows::load(train)?, Rows::load(validation)?, Rows::load(test)?)
    }

    /// Puts three sets of rows together.
    ///
    /// # Errors
    ///
    /// When a set is empty, or a row is twice in them: by its meta field `id` if it has one, else by
    /// its content. The first ten such rows are listed.
    pub fn new(train: Rows<R>, validation: Rows<R>, test: Rows<R>) -> Result<Self> {
        let splits = Self { train, validation, test };
        splits.check()?;
        Ok(splits)
    }

    fn check(&self) -> Result<()> {
        let sets = [("train", &self.train), ("validation", &self.validation), ("test", &self.test)];
        let mut seen: HashMap<String, (&str, usize)> = HashMap::new();
        let mut twice = Vec::new();
        for (split, rows) in sets {
            if rows.is_empty() {
                return Err(Error::data(format!("the {split} split has no rows")));
            }
            for (index, key) in rows.keys()?.into_iter().enumerate() {
                let what = if key.starts_with("id ") { format!(" ({key})") } else { String::new() };
                match seen.entry(key) {
                    std::collections::hash_map::Entry::Vacant(place) => {
                        place.insert((split, index));
                    }
                    // The same row twice in one split repeats itself, but leaks nothing.
                    std::collections::hash_map::Entry::Occupied(first) if first.get().0 != split => {
                        let (other, at) = first.get();
                        twice.push(format!(
                            "row {} of {other} is also row {} of {split}{what}",
                            at + 1,
                            index + 1
                        ));
                    }
                    std::collections::hash_map::Entry::Occupied(_) => {}
                }
            }
        }
        if twice.is_empty() {
            return Ok(());
        }
        let more = twice.len().saturating_sub(10);
        twice.truncate(10);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        Err(Error::data(format!("a row may be in one split only: {}{more}", twice.join("; "))))
    }
}

impl<R> Clone for Splits<R> {
    fn clone(&self) -> Self {
        Self { train: self.train.clone(), validation: self.validation.clone(), test: self.test.clone() }
    }
}

impl<R> fmt::Debug for Splits<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { train, validation, test } = self;
        f.debug_struct("Splits")
            .field("train", train)
            .field("validation", validation)
            .field("test", test)
            .finish()
    }
}
