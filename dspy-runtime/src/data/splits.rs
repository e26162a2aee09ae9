//! The three sets of rows that tuning and release need.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use super::leak::{self, Leak, Listed};
use super::{DataRecord, Draw, Rows, folder};
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
    /// The rows for demonstrations and proposals.
    pub train: Rows<R>,
    /// The rows on which candidates are compared.
    pub validation: Rows<R>,
    /// The rows on which the release gate decides; no optimizer ever sees it.
    pub test: Rows<R>,
}

/// The rows that a search sees: it learns from the train rows and chooses by the validation rows.
///
/// Optimizers take `&splits`, or `(&train, &validation)`.
///
/// # Example
///
/// ```
/// use dspy::data::TuningRows;
/// use dspy::{Rows, Splits, signature};
///
/// /// Say which fruit it is.
/// #[signature]
/// struct Fruit {
///     #[input]
///     looks: String,
///     /// What it is.
///     #[output]
///     fruit: String,
/// }
///
/// let rows = |text| Rows::<Fruit>::from_csv(text, "fruit.csv");
/// let (train, validation) = (rows("looks,fruit\nred,apple\n")?, rows("looks,fruit\nyellow,banana\n")?);
/// let seen = TuningRows::from((&train, &validation));
/// assert_eq!((seen.train.len(), seen.validation.len()), (1, 1));
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Debug)]
pub struct TuningRows<'a, R> {
    /// The rows for demonstrations and proposals.
    pub train: &'a Rows<R>,
    /// The rows on which candidates are compared.
    pub validation: &'a Rows<R>,
}

impl<R> Clone for TuningRows<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for TuningRows<'_, R> {}

impl<'a, R> From<&'a Splits<R>> for TuningRows<'a, R> {
    fn from(splits: &'a Splits<R>) -> Self {
        Self { train: &splits.train, validation: &splits.validation }
    }
}

impl<'a, R> From<(&'a Rows<R>, &'a Rows<R>)> for TuningRows<'a, R> {
    fn from((train, validation): (&'a Rows<R>, &'a Rows<R>)) -> Self {
        Self { train, validation }
    }
}

/// The similarity from which two rows count as nearly the same, by default.
///
/// Of 1,848 short messages to a bank, in which 1.7 million pairs could be taken for the same, 11 are as alike as
/// this; all of them ask the same in about the same words.
pub(super) const ALIKE: f64 = 0.75;

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

    /// Reads a folder with a file for each split, as `train.jsonl`, `validation.csv` and `test.jsonl`; or
    /// one file, which is split as [`draw`](Splits::draw) does by default.
    ///
    /// # Errors
    ///
    /// When a split is in no file of the folder, or in several, and as [`load`](Splits::load) and
    /// [`Draw::split`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        if !path.is_dir() {
            return Self::draw(Rows::load(path)?).split();
        }
        let [train, validation, test] = folder::files(path)?;
        Self::load(train, validation, test)
    }

    /// Draws the splits from one set of rows: `Splits::draw(rows).seed(7).split()?`.
    pub fn draw(rows: impl Into<Rows<R>>) -> Draw<R> {
        Draw::new(rows.into())
    }

    /// Puts three sets of rows together.
    ///
    /// # Errors
    ///
    /// When a set is empty, or a row is in two of them: by its meta field `id`, if it has one, or by its
    /// inputs, whatever its id and its labels. The first ten such rows are listed. Rows whose inputs are only
    /// nearly the same are no error here; see [`near_duplicates`](Splits::near_duplicates).
    pub fn new(train: Rows<R>, validation: Rows<R>, test: Rows<R>) -> Result<Self> {
        let splits = Self { train, validation, test };
        for (split, rows) in splits.named() {
            if rows.is_empty() {
                return Err(Error::data(format!("the {split} split has no rows")));
            }
        }
        leak::refuse(&Listed::of(splits.named())?.same())?;
        Ok(splits)
    }

    /// The rows whose inputs are nearly those of a row in an earlier split, each with the row that it is most like.
    ///
    /// How alike two rows are is the resemblance of their texts (Broder, On the Resemblance and
    /// Containment of Documents, 1997): of all runs of five characters in the two, without case and punctuation, the
    /// part that both have. Of several inputs, the one that is least alike counts. Rows count here from 0.75 on;
    /// [`near_duplicates_from`](Splits::near_duplicates_from) takes another number.
    ///
    /// It makes no call, and takes about a second for 20,000 short rows.
    ///
    /// # Errors
    ///
    /// When a row has no JSON form.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::{Rows, Splits, signature};
    ///
    /// /// Decide which queue a message belongs to.
    /// #[signature]
    /// struct Triage {
    ///     #[input]
    ///     message: String,
    ///     /// Where it goes.
    ///     #[output]
    ///     queue: String,
    /// }
    ///
    /// let rows = |message: &str| Rows::from(vec![Triage { message: message.into(), queue: "cards".into() }]);
    /// let splits = Splits::new(
    ///     rows("Where can I get a physical card?"),
    ///     rows("My top-up failed"),
    ///     rows("can i get a physical card"),
    /// )?;
    /// let found = splits.near_duplicates()?;
    /// assert_eq!(found[0].to_string(), "row 1 of train is nearly row 1 of test: 0.79 alike");
    /// assert!(splits.check(0.9).is_ok() && splits.check(0.75).is_err());
    /// # Ok::<(), dspy::Error>(())
    /// ```
    pub fn near_duplicates(&self) -> Result<Vec<Leak>> {
        self.near_duplicates_from(ALIKE)
    }

    /// Returns the pairs of rows that are alike by at least `similarity`, from above 0 to 1.
    ///
    /// # Errors
    ///
    /// As [`near_duplicates`](Splits::near_duplicates), and when the number is no similarity.
    pub fn near_duplicates_from(&self, similarity: f64) -> Result<Vec<Leak>> {
        if !(similarity > 0.0 && similarity <= 1.0) {
            return Err(Error::data(format!("{similarity} is no similarity: it is above 0 and at most 1")));
        }
        Ok(Listed::of(self.named())?.near(similarity))
    }

    /// Refuses splits with rows that are nearly the same.
    ///
    /// # Errors
    ///
    /// When there are any of at least this similarity; the first ten are listed. Also as
    /// [`near_duplicates_from`](Splits::near_duplicates_from).
    pub fn check(&self, similarity: f64) -> Result<()> {
        leak::refuse(&self.near_duplicates_from(similarity)?)
    }

    /// Returns the records of each split's rows, by its name, as artifacts hold them.
    ///
    /// # Errors
    ///
    /// When a row has no JSON form.
    pub fn records(&self) -> Result<BTreeMap<String, DataRecord>> {
        self.named().into_iter().map(|(split, rows)| Ok((split.to_owned(), rows.record()?))).collect()
    }

    fn named(&self) -> [(&'static str, &Rows<R>); 3] {
        [("train", &self.train), ("validation", &self.validation), ("test", &self.test)]
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
