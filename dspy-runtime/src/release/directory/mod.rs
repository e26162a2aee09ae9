//! Artifacts in a directory, for several processes at once.

mod file;
mod lock;
mod name;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use file::{Format, State};

use super::history::{Event, Shelf, VersionEntry};
use super::key::Key;
use super::source::ArtifactStore;
use crate::error::{Error, ErrorKind, Result};

/// A store in a directory.
///
/// ```text
/// artifacts/
///   lock                              whoever writes holds it
///   ^support/                         the program `Support`
///     openai+gpt-4o-mini@2024-07-18/  the model
///       0f1e2d3c4b5a/                 the version of the program
///         0001.json                   version 1: an artifact, as any other
///         0001.judged-1.json          the same states, with a verdict that came later
///         current.json                which version is current, and what versions there are
///         history.jsonl               what was done, one line each
/// ```
///
/// Files of versions are never changed. What is current changes with one rename of `current.json`, after
/// everything that it names is on the disk; so a process that is killed at any point, or a power cut, leaves
/// either the old state or the new one. A line that the history lacks then is in `current.json`, and the next
/// writer adds it. One process writes at a time; readers wait for nobody, and see one state as a whole.
///
/// It needs a file system with locks and with renames that replace: a local one, or a network one that says
/// so. In a review, or in version control, the files read well; `lock` need not be kept.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use dspy::release::{Directory, Store};
///
/// # let folder = std::env::temp_dir().join(format!("dspy-directory-doc-{}", std::process::id()));
/// let store = Store::new(Directory::open(&folder)?.lock_timeout(Duration::from_secs(2)));
/// assert!(store.keys()?.is_empty());
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
    lock_timeout: Duration,
}

impl Directory {
    /// Opens a store, and makes the directory if it is not there.
    ///
    /// # Errors
    ///
    /// When the path is no directory, or none can be made.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let root = path.as_ref().to_owned();
        file::make(&root)?;
        Ok(Self { root, lock_timeout: Duration::from_secs(30) })
    }

    /// Sets the time a writer waits for another; 30 seconds by default.
    #[must_use]
    pub fn lock_timeout(mut self, longest: Duration) -> Self {
        self.lock_timeout = longest;
        self
    }

    fn folder(&self, key: &Key) -> PathBuf {
        name::folders(key).iter().fold(self.root.clone(), |path, name| path.join(name))
    }

    fn state(&self, key: &Key) -> Result<Option<State>> {
        let folder = self.folder(key);
        let state = match State::read(&folder)? {
            Some(state) => Some(state),
            None => rebuilt(&folder, key)?,
        };
        match state {
            Some(state) if state.shelf.key != *key => {
                let message = format!(
                    "`{}` is the folder of {}, not of {key}; move it away",
                    folder.display(),
                    state.shelf.key
                );
                Err(Error::new(ErrorKind::Artifact, message))
            }
            state => Ok(state),
        }
    }
}

/// The state that results from a history, should the file of the state be lost.
fn rebuilt(folder: &Path, key: &Key) -> Result<Option<State>> {
    let (events, _) = file::events(folder)?;
    // The first writer may be at work: with the file of the state, its history is there as well.
    if let Some(state) = State::read(folder)? {
        return Ok(Some(state));
    }
    let mut shelf = Shelf::new(key.clone());
    for event in &events {
        shelf.apply(event).map_err(|why| {
            let path = folder.join(file::HISTORY);
            Error::new(ErrorKind::Artifact, format!("`{}`: {why}; restore the file", path.display()))
        })?;
    }
    let last = events.into_iter().next_back();
    Ok(last.map(|last| State { format: Format::One, shelf, last, check: String::new() }))
}

impl ArtifactStore for Directory {
    fn keys(&self) -> Result<Vec<Key>> {
        let mut keys = Vec::new();
        for program in folders(&self.root)? {
            for model in folders(&program)? {
                for version in folders(&model)? {
                    keys.extend(State::read(&version)?.map(|state| state.shelf.key));
                }
            }
        }
        Ok(keys)
    }

    fn shelf(&self, key: &Key) -> Result<Option<Shelf>> {
        Ok(self.state(key)?.map(|state| state.shelf))
    }

    fn text(&self, key: &Key, kept: &VersionEntry) -> Result<String> {
        let path = self.folder(key).join(name::file(kept.version, kept.revision));
        fs::read_to_string(&path).map_err(|error| Error::io("read", &path, error))
    }

    fn events(&self, key: &Key) -> Result<Vec<Event>> {
        // The state first: the history never lacks more than its last event.
        let last = self.state(key)?.map(|state| state.last);
        let (mut events, _) = file::events(&self.folder(key))?;
        events.extend(last.filter(|last| last.sequence == events.len() as u64 + 1));
        Ok(events)
    }

    fn commit(&self, shelf: &Shelf, event: &Event, artifact: Option<&str>) -> Result<bool> {
        let folder = self.folder(&shelf.key);
        let _lock = lock::wait(&self.root.join("lock"), self.lock_timeout)?;
        file::make(&folder)?;
        file::clean(&folder)?;
        let before = self.state(&shelf.key)?;
        if let Some(before) = &before {
            file::append(&folder, &before.last)?;
        }
        if before.map_or(0, |before| before.last.sequence) + 1 != event.sequence {
            return Ok(false);
        }
        if let (Some(text), Some(kept)) = (artifact, shelf.version(event.version)) {
            file::write(&folder.join(name::file(kept.version, kept.revision)), text)?;
        }
        let state =
            State { format: Format::One, shelf: shelf.clone(), last: event.clone(), check: String::new() };
        state.write(&folder)?;
        file::append(&folder, event)?;
        Ok(true)
    }
}

/// The folders in a folder, by name. Other files are left alone.
fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).map_err(|error| Error::io("read", path, error))?;
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read", path, error))?.path();
        if entry.is_dir() {
            folders.push(entry);
        }
    }
    folders.sort();
    Ok(folders)
}
