//! The error of a lookup that finds nothing: what there is instead, and what to do.

use super::history::Shelf;
use super::key::{Key, short};
use super::source::ArtifactStore;
use crate::error::{Error, ErrorKind, Result};

/// No version of this key is current.
pub(super) fn error(store: &dyn ArtifactStore, wanted: &Key, shelf: Option<&Shelf>) -> Error {
    let message = match shelf {
        Some(shelf) => {
            let versions = versions(shelf);
            format!("no release of {wanted} is current; it has {versions}: promote one")
        }
        None => match others(store, wanted) {
            Ok(others) => format!("there is no release of {wanted}; {others}"),
            Err(error) => {
                format!("there is no release of {wanted}, and what else there is cannot be read: {error:#}")
            }
        },
    };
    Error::new(ErrorKind::Artifact, message)
}

fn others(store: &dyn ArtifactStore, wanted: &Key) -> Result<String> {
    let keys = store.keys()?;
    let same: Vec<&Key> = keys.iter().filter(|key| key.program() == wanted.program()).collect();
    if same.is_empty() {
        let mut programs: Vec<&str> = keys.iter().map(Key::program).collect();
        programs.sort_unstable();
        programs.dedup();
        let what = match programs.as_slice() {
            [] => "the store is empty".to_owned(),
            programs => format!("the store has only releases of `{}`", programs.join("`, `")),
        };
        return Ok(format!("{what}: compile it for this model, and add its artifact"));
    }
    let mut lines = String::new();
    for key in &same {
        let shelf = store.shelf(key)?;
        let versions = shelf.as_ref().map(versions).unwrap_or_default();
        lines.push_str(&format!(
            "\n  - {} of program {}: {versions}",
            key.model(),
            short(key.program_version())
        ));
    }
    let advice = match same.iter().any(|key| key.program_version() == wanted.program_version()) {
        true => "compile it for this model, and add its artifact",
        false => "the program has changed since: compile it again, and add its artifact",
    };
    Ok(format!("there are:{lines}\n{advice}"))
}

/// `versions 1 to 3, current 2`
fn versions(shelf: &Shelf) -> String {
    let current =
        shelf.current.map_or_else(|| "none current".to_owned(), |current| format!("current {current}"));
    match shelf.versions.len() {
        1 => format!("version 1, {current}"),
        count => format!("versions 1 to {count}, {current}"),
    }
}
