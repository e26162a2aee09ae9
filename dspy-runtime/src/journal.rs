//! Files that grow by whole lines of JSON, so that what was under way can go on after it was stopped.
//!
//! Each line ends with a hash of itself and of all lines before it. A line that was cut off while it was written is
//! dropped; a line that was changed is an error.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint;

/// A journal that is open, and nobody else's for as long as it is.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    pen: Mutex<Pen>,
}

/// The writer of the next line.
#[derive(Debug)]
struct Pen {
    file: File,
    end: End,
    /// The reason nothing can be written.
    broken: Option<String>,
}

/// The end of the lines.
#[derive(Debug, Default)]
struct End {
    line: u64,
    sum: String,
}

#[derive(Serialize, Deserialize)]
struct Line<T> {
    line: u64,
    #[serde(flatten)]
    entry: T,
}

impl Journal {
    /// Opens a journal or begins one, and hands over what is in its lines, one by one; what cannot be taken is a
    /// line that was changed.
    ///
    /// # Errors
    ///
    /// When the file was changed, is in use by another process, or cannot be read or written.
    pub(crate) fn open<T: DeserializeOwned>(
        path: &Path,
        whose: &str,
        take: impl FnMut(T) -> Option<()>,
    ) -> Result<Self> {
        let failed = |action: &'static str| move |error| Error::io(action, path, error);
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| Error::io("make", folder, error))?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(failed("open the journal"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message = format!("the journal `{}` is in use by another {whose}", path.display());
                return Err(Error::new(ErrorKind::Io, message));
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock the journal", path, error)),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed("read the journal"))?;
        let (end, whole) = End::read(path, &text, take)?;
        if whole < text.len() {
            file.set_len(whole as u64).map_err(failed("repair the journal"))?;
            file.seek(SeekFrom::End(0)).map_err(failed("repair the journal"))?;
        }
        Ok(Self { path: path.to_owned(), pen: Mutex::new(Pen { file, end, broken: None }) })
    }

    /// Returns its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a line; [`is_whole`](Self::is_whole) tells whether that went well.
    pub(crate) fn write(&self, entry: impl Serialize) {
        self.pen().write(entry);
    }

    /// # Errors
    ///
    /// When a line could not be written.
    pub(crate) fn is_whole(&self) -> Result<()> {
        match &self.pen().broken {
            None => Ok(()),
            Some(reason) => Err(Error::new(
                ErrorKind::Io,
                format!("cannot write the journal `{}`: {reason}", self.path.display()),
            )),
        }
    }

    // What was written stays right whatever thread panicked while it held the pen.
    fn pen(&self) -> MutexGuard<'_, Pen> {
        self.pen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pen {
    // In one piece, so that another process sees a line whole or, if this one ends, cut off at the end.
    fn write(&mut self, entry: impl Serialize) {
        if self.broken.is_some() {
            return;
        }
        let body = match serde_json::to_string(&Line { line: self.end.line, entry }) {
            Ok(body) => body,
            Err(error) => return self.broken = Some(error.to_string()),
        };
        let sum = sum(&self.end.sum, &body);
        let open = body.strip_suffix('}').unwrap_or(&body);
        let line = format!("{open},\"sum\":\"{sum}\"}}\n");
        match self.file.write_all(line.as_bytes()) {
            Ok(()) => self.end = End { line: self.end.line + 1, sum },
            Err(error) => self.broken = Some(error.to_string()),
        }
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started may hold the file for a moment.
        let _ = self.file.unlock();
    }
}

impl End {
    /// Reads all whole lines, and says how many bytes they are.
    fn read<T: DeserializeOwned>(
        path: &Path,
        text: &[u8],
        mut take: impl FnMut(T) -> Option<()>,
    ) -> Result<(Self, usize)> {
        let mut end = Self::default();
        let mut whole = 0;
        while let Some(length) = text[whole..].iter().position(|byte| *byte == b'\n') {
            let at = whole + length;
            if end.next(&text[whole..at]).and_then(&mut take).is_none() {
                // The last line may have been lost with the machine's power.
                if at + 1 == text.len() {
                    break;
                }
                let message = format!(
                    "line {} of the journal `{}` is not as it was written; begin a new journal",
                    end.line + 1,
                    path.display()
                );
                return Err(Error::data(message));
            }
            whole = at + 1;
        }
        Ok((end, whole))
    }

    /// Reads the next line, if it is as it was written.
    fn next<T: DeserializeOwned>(&mut self, line: &[u8]) -> Option<T> {
        let line = std::str::from_utf8(line).ok()?;
        let (open, written) = line.strip_suffix("\"}")?.rsplit_once(",\"sum\":\"")?;
        let body = format!("{open}}}");
        if sum(&self.sum, &body) != written {
            return None;
        }
        let Line { line, entry } = serde_json::from_str(&body).ok()?;
        if line != self.line {
            return None;
        }
        self.line += 1;
        written.clone_into(&mut self.sum);
        Some(entry)
    }
}

/// The names under which two objects hold something else.
pub(crate) fn differing(past: &Value, now: &Value) -> Vec<String> {
    let empty = Map::new();
    let (past, now) = (past.as_object().unwrap_or(&empty), now.as_object().unwrap_or(&empty));
    let names: BTreeSet<_> = now.keys().chain(past.keys()).collect();
    names.into_iter().filter(|name| now.get(*name) != past.get(*name)).cloned().collect()
}

/// The first 16 digits of the hash of what was before and of this.
fn sum(before: &str, body: &str) -> String {
    let hash = fingerprint::of_text(&format!("{before}{body}"));
    hash.trim_start_matches("sha256:").chars().take(16).collect()
}
