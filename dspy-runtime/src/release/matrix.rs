//! The table of released programs by model.

use std::fmt;

use super::history::{Shelf, VersionEntry};
use super::key::{Key, short};

/// The compilation matrix: versions of programs by models. `Display` is a table.
///
/// See [`Store::matrix`](super::Store::matrix).
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    cells: Vec<MatrixCell>,
}

/// The release of one version of a program for one model.
///
/// See [`Matrix`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixCell {
    /// The program, its version and the model.
    pub key: Key,
    /// The version that is current, if one is.
    pub current: Option<VersionEntry>,
    /// The number of versions.
    pub versions: usize,
}

impl Matrix {
    pub(super) fn new(shelves: Vec<Shelf>) -> Self {
        let cell = |shelf: Shelf| MatrixCell {
            current: shelf.current.and_then(|current| shelf.version(current)).cloned(),
            versions: shelf.versions.len(),
            key: shelf.key,
        };
        Self { cells: shelves.into_iter().map(cell).collect() }
    }

    /// The cells that hold something, by program, version and model.
    pub fn cells(&self) -> &[MatrixCell] {
        &self.cells
    }

    /// Returns the release for a model of a version of a program.
    pub fn get(&self, key: &Key) -> Option<&MatrixCell> {
        self.cells.iter().find(|cell| cell.key == *key)
    }
}

impl fmt::Display for MatrixCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(current) = &self.current else { return write!(f, "none of {}", self.versions) };
        write!(f, "v{}", current.version)?;
        current.score.iter().try_for_each(|score| write!(f, " {score:.3}"))?;
        match current.decision {
            Some(decision) => write!(f, " {decision}"),
            None => f.write_str(" not judged"),
        }
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unique = |texts: Vec<String>| {
            let mut unique: Vec<String> = Vec::new();
            texts.into_iter().for_each(|text| {
                if !unique.contains(&text) {
                    unique.push(text)
                }
            });
            unique
        };
        let program = |key: &Key| format!("{} {}", key.program(), short(key.program_version()));
        let programs = unique(self.cells.iter().map(|cell| program(&cell.key)).collect());
        let mut models = unique(self.cells.iter().map(|cell| cell.key.model().to_string()).collect());
        models.sort_unstable();
        let mut table = vec![[vec![String::new()], models.clone()].concat()];
        for row in programs {
            let cell = |model: &String| {
                let is =
                    |cell: &&MatrixCell| program(&cell.key) == row && cell.key.model().to_string() == *model;
                self.cells.iter().find(is).map_or_else(|| "-".to_owned(), ToString::to_string)
            };
            let cells = models.iter().map(cell).collect();
            table.push([vec![row], cells].concat());
        }
        let width = |column: usize| {
            table
                .iter()
                .filter_map(|row| row.get(column))
                .map(|text| text.chars().count())
                .max()
                .unwrap_or_default()
        };
        for row in &table {
            let padded: Vec<String> = row
                .iter()
                .enumerate()
                .map(|(column, text)| format!("{text:width$}", width = width(column)))
                .collect();
            writeln!(f, "{}", padded.join("  ").trim_end())?;
        }
        Ok(())
    }
}
