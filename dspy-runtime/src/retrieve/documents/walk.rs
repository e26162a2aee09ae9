//! The files in a folder.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

const MARK: &[u8] = b"\xef\xbb\xbf";

/// A file to read.
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Its path inside the folder, with `/`; of a single file its name.
    pub(super) name: String,
    /// The ending in lower case; empty where there is none.
    pub(super) ending: String,
}

/// A text with its place in its file.
pub(super) struct Text {
    pub(super) text: String,
    /// The number of bytes of the file that come before it.
    pub(super) skipped: usize,
}

/// A single file whatever its ending is, or all files in a folder whose ending is wanted, in the order of their
/// names.
pub(super) fn files(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<File>> {
    let about = std::fs::metadata(path).map_err(|error| Error::io("read", path, error))?;
    if !about.is_dir() {
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| unnamed(path))?;
        return Ok(vec![File { path: path.to_owned(), name: name.to_owned(), ending: ending(path) }]);
    }
    let mut found = Vec::new();
    folder(path, "", &mut Vec::new(), &wanted, &mut found)?;
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// `inside` are the folders that this one is in, as they really are.
fn folder(
    path: &Path,
    prefix: &str,
    inside: &mut Vec<PathBuf>,
    wanted: &dyn Fn(&str) -> bool,
    found: &mut Vec<File>,
) -> Result<()> {
    let failed = |error| Error::io("read", path, error);
    let real = std::fs::canonicalize(path).map_err(failed)?;
    // A link to a folder that it is in leads to nothing new.
    if inside.contains(&real) {
        return Ok(());
    }
    inside.push(real);
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().first() == Some(&b'.'));
        if is_hidden {
            continue;
        }
        let about = std::fs::metadata(&path).map_err(|error| Error::io("read", &path, error))?;
        let ending = ending(&path);
        let is_read = about.is_dir() || (about.is_file() && wanted(&ending));
        if !is_read {
            continue;
        }
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| unnamed(&path))?;
        let name = format!("{prefix}{name}");
        match about.is_dir() {
            true => folder(&path, &format!("{name}/"), inside, wanted, found)?,
            false => found.push(File { path, name, ending }),
        }
    }
    inside.pop();
    Ok(())
}

/// The text of a file, without the mark that some begin with.
pub(super) fn text(path: &Path) -> Result<Text> {
    let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
    let skipped = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
    let text = String::from_utf8(bytes).map_err(|error| {
        let place = error.utf8_error().valid_up_to();
        let message = format!("`{}` is not UTF-8, from byte {place} on; save it as UTF-8", path.display());
        Error::data(message).with_told_source(error)
    })?;
    Ok(Text { text: text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text), skipped })
}

fn ending(path: &Path) -> String {
    path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn unnamed(path: &Path) -> Error {
    Error::data(format!(
        "the name of `{}` is not UTF-8, so its passages could not be cited; rename it",
        path.display()
    ))
}
