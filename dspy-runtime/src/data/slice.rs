//! The slice or stratum of a row.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

/// A function that returns the slice of a row.
pub(crate) type Slice<R> = Arc<dyn Fn(&R) -> String + Send + Sync>;

/// A function from rows to the names of their slices.
pub(crate) fn by<R, T: Serialize>(slice: impl Fn(&R) -> T + Send + Sync + 'static) -> Slice<R> {
    Arc::new(move |row| match serde_json::to_value(slice(row)) {
        Ok(Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(error) => format!("no name ({error})"),
    })
}
