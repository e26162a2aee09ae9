//! The record of the rows that were used.

use serde::{Deserialize, Serialize};

/// A record of rows that were used, so that others can be recognized as such: as artifacts and saved runs
/// record it.
///
/// # Example
///
/// ```
/// use dspy::{Rows, signature};
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
/// let rows = |to: i64| (0..to).map(|number| Double { number, doubled: 2 * number }).collect::<Rows<_>>();
/// assert_eq!(rows(3).record()?, rows(3).record()?);
/// assert_ne!(rows(3).record()?.fingerprint, rows(4).record()?.fingerprint);
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    /// The number of rows.
    pub rows: usize,
    /// The hash of their content in order.
    pub fingerprint: String,
}
