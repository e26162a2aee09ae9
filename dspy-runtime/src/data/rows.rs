//! A set of rows, shared without copying.

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::{DataRecord, csv, file_error, jsonl};
use crate::error::{Error, Result};
use crate::fingerprint;
use crate::signature::Row;
use dspy_numbers::random::Keyed;

/// Typed rows, read-only and cheap to clone.
///
/// # Example
///
/// ```
/// use dspy::{Rows, signature};
///
/// /// Name the capital of a country.
/// #[signature]
/// struct Capital {
///     #[input]
///     country: String,
///     /// Its name alone.
///     #[output]
///     capital: String,
/// }
///
/// let rows = Rows::<Capital>::from_jsonl("{\"country\": \"France\", \"capital\": \"Paris\"}\n", "capitals.jsonl")?;
/// assert_eq!(rows[0].capital, "Paris");
///
/// let error = Rows::<Capital>::from_jsonl("{\"contry\": \"France\", \"capital\": \"Paris\"}", "capitals.jsonl").unwrap_err();
/// assert!(error.to_string().starts_with("capitals.jsonl, line 1: unknown field `contry`; did you mean `country`?"));
/// # Ok::<(), dspy::Error>(())
/// ```
pub struct Rows<R> {
    rows: Arc<[R]>,
    /// The number of them that are meant.
    count: usize,
    name: Arc<str>,
}

impl<R: Row> Rows<R> {
    /// Reads a file of JSON lines (`.jsonl`, `.ndjson`) or CSV with a header (`.csv`).
    ///
    /// # Errors
    ///
    /// When the file cannot be read, a row does not fit (with file, line and field), or there is none.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| file_error(path, error))?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("jsonl" | "ndjson") => Self::from_jsonl(&text, &name),
            Some("csv") => Self::from_csv(&text, &name),
            _ => {
                Err(Error::data(format!("`{name}` is not a known kind of file; use .jsonl, .ndjson or .csv")))
            }
        }
    }

    /// Reads JSON lines; `name` stands for the file in messages.
    ///
    /// # Errors
    ///
    /// As [`Rows::load`].
    pub fn from_jsonl(text: &str, name: &str) -> Result<Self> {
        Self::named(jsonl::read(text, name)?, name)
    }

    /// Reads CSV; `name` stands for the file in messages.
    ///
    /// # Errors
    ///
    /// As [`Rows::load`].
    pub fn from_csv(text: &str, name: &str) -> Result<Self> {
        Self::named(csv::read(text, name)?, name)
    }

    fn named(rows: Vec<R>, name: &str) -> Result<Self> {
        if rows.is_empty() {
            return Err(Error::data(format!("`{name}` has no rows")));
        }
        Ok(Self { name: name.into(), ..Self::from(rows) })
    }

    /// Returns the source of the rows, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first so many rows, or all where there are fewer. They are shared, not copied.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::{Rows, signature};
    ///
    /// /// Name the capital of a country.
    /// #[signature]
    /// struct Capital {
    ///     #[input]
    ///     country: String,
    ///     /// Its name alone.
    ///     #[output]
    ///     capital: String,
    /// }
    ///
    /// let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
    /// assert_eq!((rows.take(1).len(), rows.take(9).len()), (1, 2));
    /// # Ok::<(), dspy::Error>(())
    /// ```
    #[must_use]
    pub fn take(&self, rows: usize) -> Self {
        Self { count: self.count.min(rows), ..self.clone() }
    }

    /// The hash of all rows in order, as recorded in artifacts.
    ///
    /// # Errors
    ///
    /// When a row has no JSON form.
    pub fn fingerprint(&self) -> Result<String> {
        let records: Result<Vec<Value>> =
            self.iter().map(|row| Ok(serde_json::to_value(row.to_record()?)?)).collect();
        Ok(fingerprint::of(&Value::Array(records?)))
    }

    /// No more than so many of the rows, drawn at random, in the order in which they are drawn.
    pub(crate) fn sampled(&self, most: usize, random: &mut Keyed) -> Result<Self> {
        if self.len() <= most {
            return Ok(self.clone());
        }
        self.chosen(&random.sample(self.len(), most))
    }

    /// The rows at these places, in this order.
    pub(super) fn chosen(&self, places: &[usize]) -> Result<Self> {
        let rows: Result<Vec<R>> = places.iter().map(|row| R::from_record(self[*row].to_record()?)).collect();
        Ok(Self { name: self.name.clone(), ..Self::from(rows?) })
    }

    /// Returns the record of these rows.
    ///
    /// # Errors
    ///
    /// When a row has no JSON form.
    pub fn record(&self) -> Result<DataRecord> {
        Ok(DataRecord { rows: self.len(), fingerprint: self.fingerprint()? })
    }
}

impl<R> Deref for Rows<R> {
    type Target = [R];

    fn deref(&self) -> &[R] {
        self.rows.get(..self.count).unwrap_or(&self.rows)
    }
}

impl<R> Clone for Rows<R> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), count: self.count, name: self.name.clone() }
    }
}

impl<R> fmt::Debug for Rows<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rows({}, {} rows)", self.name, self.len())
    }
}

impl<R> From<Vec<R>> for Rows<R> {
    fn from(rows: Vec<R>) -> Self {
        Self { count: rows.len(), rows: rows.into(), name: "rows".into() }
    }
}

impl<R> FromIterator<R> for Rows<R> {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        Self::from(rows.into_iter().collect::<Vec<_>>())
    }
}
