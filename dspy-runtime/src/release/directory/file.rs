//! Files that are whole or not there, and a log that is repaired.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, ErrorKind, Result};
use crate::fingerprint;
use crate::release::history::{Event, Shelf};

/// The ending of a file that is not whole yet.
pub(super) const UNFINISHED: &str = ".new";
pub(super) const CURRENT: &str = "current.json";
pub(super) const HISTORY: &str = "history.jsonl";

/// The file that decides: what is there, and the last event, which the history may not have yet.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) format: Format,
    pub(super) shelf: Shelf,
    pub(super) last: Event,
    /// The hash of all the rest.
    #[serde(default)]
    pub(super) check: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Format {
    #[serde(rename = "dspy-release-1")]
    One,
}

impl State {
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(CURRENT);
        let Some(text) = read(&path)? else { return Ok(None) };
        let damaged = |why: String| {
            let message = format!(
                "`{}` {why}; restore it, or remove it: then it follows from the history beside it",
                path.display()
            );
            Error::new(ErrorKind::Artifact, message)
        };
        let state: Self =
            serde_json::from_str(&text).map_err(|error| damaged(format!("cannot be read ({error})")))?;
        match state.check == state.hash()? {
            true => Ok(Some(state)),
            false => Err(damaged("was changed after it was written".to_owned())),
        }
    }

    pub(super) fn write(mut self, folder: &Path) -> Result<()> {
        self.check = self.hash()?;
        write(&folder.join(CURRENT), &format!("{}\n", serde_json::to_string_pretty(&self)?))
    }

    fn hash(&self) -> Result<String> {
        let mut value = serde_json::to_value(self)?;
        if let Value::Object(entries) = &mut value {
            entries.remove("check");
        }
        Ok(fingerprint::of(&value))
    }
}

/// The text of a file, or nothing if there is none.
pub(super) fn read(path: &Path) -> Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("read", path, error)),
    }
}

/// Writes to a file next to its place, and renames it when all of it is on the disk.
pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(UNFINISHED);
    let beside = path.with_file_name(name);
    let written = || {
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), sync)
    };
    written().map_err(|error| Error::io("write", path, error))
}

/// Makes the folder, and those above it, so that they outlive a power cut.
pub(super) fn make(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| Error::io("make the folder", folder, error))?;
    let above = folder.ancestors().skip(1).take(3).filter(|above| !above.as_os_str().is_empty());
    above.into_iter().try_for_each(|above| sync(above).map_err(|error| Error::io("write", above, error)))
}

/// Has the names in a folder written to the disk, where that is asked for.
#[cfg_attr(not(unix), allow(clippy::unnecessary_wraps, unused_variables))]
fn sync(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// The events of a history that are whole, and where they end.
pub(super) fn events(folder: &Path) -> Result<(Vec<Event>, u64)> {
    let path = folder.join(HISTORY);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    // What follows the last line break was cut off.
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut events: Vec<Event> = Vec::new();
    for (index, line) in bytes[..end].split_inclusive(|byte| *byte == b'\n').enumerate() {
        let broken = |why: String| {
            let message = format!("`{}`, line {}: {why}; restore the file", path.display(), index + 1);
            Error::new(ErrorKind::Artifact, message)
        };
        let event: Event = serde_json::from_slice(line).map_err(|error| broken(error.to_string()))?;
        if event.sequence != index as u64 + 1 {
            return Err(broken(format!("this is event {}, so lines are missing or twice", event.sequence)));
        }
        events.push(event);
    }
    Ok((events, end as u64))
}

/// Makes the history end with this event, whatever a writer before has left behind.
pub(super) fn append(folder: &Path, last: &Event) -> Result<()> {
    let (events, end) = events(folder)?;
    let path = folder.join(HISTORY);
    let have = events.len() as u64;
    if have + 1 < last.sequence {
        let message = format!(
            "`{}` ends with event {have}, and the last one was {}: restore the file",
            path.display(),
            last.sequence
        );
        return Err(Error::new(ErrorKind::Artifact, message));
    }
    let line = format!("{}\n", serde_json::to_string(last)?);
    let written = || {
        let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&path)?;
        if file.metadata()?.len() != end {
            file.set_len(end)?;
        }
        if have < last.sequence {
            file.seek(SeekFrom::Start(end))?;
            file.write_all(line.as_bytes())?;
        }
        file.sync_all()
    };
    written().map_err(|error| Error::io("write", &path, error))
}

/// Takes away what writers that were killed have left behind; only under the lock.
pub(super) fn clean(folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| Error::io("read", folder, error))?;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().ends_with(UNFINISHED) {
            fs::remove_file(entry.path()).map_err(|error| Error::io("remove", &entry.path(), error))?;
        }
    }
    Ok(())
}
