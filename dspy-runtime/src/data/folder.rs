//! Splits from a folder.

use std::path::{Path, PathBuf};

use super::file_error;
use crate::error::{Error, Result};

/// The endings of files of rows.
const ENDINGS: [&str; 3] = ["jsonl", "ndjson", "csv"];

/// The files of a folder's splits, in their order.
pub(super) fn files(folder: &Path) -> Result<[PathBuf; 3]> {
    let found = listed(folder)?;
    let file = |split: &str| one(folder, split, &found);
    Ok([file("train")?, file("validation")?, file("test")?])
}

/// The one file of a split.
fn one(folder: &Path, split: &str, found: &[String]) -> Result<PathBuf> {
    let names = ENDINGS.map(|ending| format!("{split}.{ending}"));
    let of_split: Vec<&String> = names.iter().filter(|name| found.contains(name)).collect();
    match of_split[..] {
        [name] => Ok(folder.join(name)),
        [] => {
            let there = match found.is_empty() {
                true => "nothing".to_owned(),
                false => found.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
            };
            Err(Error::data(format!(
                "there is no {split} split in `{}`: it needs `{split}.jsonl`, `{split}.ndjson` or `{split}.csv`, and \
                 has {there}",
                folder.display()
            )))
        }
        [one, other, ..] => Err(Error::data(format!(
            "the {split} split of `{}` is in several files, `{one}` and `{other}`; keep one",
            folder.display()
        ))),
    }
}

/// Lists a folder by name.
fn listed(folder: &Path) -> Result<Vec<String>> {
    let failed = |error| file_error(folder, error);
    let entries: std::io::Result<Vec<_>> = std::fs::read_dir(folder).map_err(failed)?.collect();
    let names =
        entries.map_err(failed)?.into_iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    Ok(names)
}
