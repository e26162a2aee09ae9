//! The place of a passage.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The place of a passage of [`Documents`](super::Documents), for citations; see there for an example.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The file, inside the folder that was opened, with `/` between its parts.
    pub path: String,
    /// The headings that the beginning of the passage stands under, from the outermost; of Markdown only.
    pub headings: Vec<String>,
    /// Its first line, from 1.
    pub first_line: usize,
    /// Its last line.
    pub last_line: usize,
    /// Its first byte in the file, from 0.
    pub start: usize,
    /// The byte after its last one.
    pub end: usize,
}

/// `guide/returns.md:3-9 (Returns > Late parcels)`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.first_line)?;
        if self.last_line != self.first_line {
            write!(f, "-{}", self.last_line)?;
        }
        if !self.headings.is_empty() {
            write!(f, " ({})", self.headings.join(" > "))?;
        }
        Ok(())
    }
}
