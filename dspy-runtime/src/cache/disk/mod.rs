//! Replies on disk, a file each.
//!
//! An entry is written next to its place and then moved there, so that every process sees it whole or not at
//! all, and one that is killed leaves at most a part that the next sweep takes away. There is no lock, no
//! log and no index that could be damaged.
//!
//! Measured beside SQLite and redb (`benches/stores/`), files find a reply as fast and lose as little to kills,
//! and they alone cost neither crates nor build time. A put of redb waits for the disk and for the other
//! processes, SQLite is C that takes longer to build than all else here.

mod entry;
mod sweep;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::Key;
use super::tiers::Kept;
use crate::error::{Error, Result};

/// The folder of the entries, which names their format: others are neither read nor touched.
const FORMAT: &str = "replies-1";
/// The prefix of the names of files that are being written.
const PART: &str = "part-";
/// The precision of the time at which an entry was last used.
const TOUCH: Duration = Duration::from_secs(60);

/// A folder of entries.
#[derive(Debug)]
pub(super) struct Disk {
    folder: PathBuf,
    limit: AtomicU64,
    /// The bytes written since the last sweep.
    written: AtomicU64,
    /// Numbers the files that this process writes.
    next: AtomicU64,
}

impl Disk {
    pub(super) fn open(path: &Path, limit: u64) -> Result<Self> {
        let folder = path.join(FORMAT);
        make_folder(&folder).map_err(|error| Error::io("make the cache", &folder, error))?;
        // Other processes may have left it full, so the first entry has it swept.
        let written = AtomicU64::new(u64::MAX / 2);
        Ok(Self { folder, limit: AtomicU64::new(limit), written, next: AtomicU64::new(0) })
    }

    pub(super) fn limit(&self, bytes: u64) {
        self.limit.store(bytes, Ordering::Relaxed);
    }

    /// The reply under a key, if its entry is there and whole.
    pub(super) fn get(&self, key: &Key, now: SystemTime) -> Option<Kept> {
        let mut file = File::open(self.place(key)).ok()?;
        let about = file.metadata().ok()?;
        let mut bytes = Vec::with_capacity(usize::try_from(about.len()).ok()?.min(1 << 20));
        file.read_to_end(&mut bytes).ok()?;
        let kept = entry::decode(key, &bytes)?;
        let used = about.modified().ok()?;
        if now.duration_since(used).is_ok_and(|unused| unused > TOUCH) {
            // Without it the entry only goes earlier than it should.
            let _ = file.set_modified(now);
        }
        Some(kept)
    }

    /// Keeps a reply, which is JSON already.
    pub(super) fn put(&self, key: &Key, at: u64, json: &[u8], now: SystemTime) -> io::Result<()> {
        let (bytes, place) = (entry::encode(key, at, json), self.place(key));
        let (part, mut file) = self.part(&place)?;
        let written = file
            .write_all(&bytes)
            .and_then(|()| file.set_modified(now))
            .and_then(|()| fs::rename(&part, &place))
            .inspect_err(|_| drop(fs::remove_file(&part)));
        self.written.fetch_add(sweep::on_disk(bytes.len() as u64), Ordering::Relaxed);
        written
    }

    /// Takes an entry away.
    pub(super) fn remove(&self, key: &Key) -> io::Result<()> {
        match fs::remove_file(self.place(key)) {
            // Another process was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Returns the number of entries, and their size.
    pub(super) fn size(&self) -> Result<(u64, u64)> {
        let failed = |error| Error::io("read the cache", &self.folder, error);
        let (mut entries, mut bytes) = (0, 0);
        for folder in sweep::folders(&self.folder).map_err(failed)? {
            for file in fs::read_dir(folder).map_err(failed)?.filter_map(io::Result::ok) {
                let is_entry = !file.file_name().to_string_lossy().starts_with(PART);
                // One that is gone by now is none.
                if let (true, Ok(about)) = (is_entry, file.metadata()) {
                    (entries, bytes) = (entries + 1, bytes + sweep::on_disk(about.len()));
                }
            }
        }
        Ok((entries, bytes))
    }

    /// Takes away every entry.
    pub(super) fn clear(&self) -> Result<()> {
        let failed = |error| Error::io("clear the cache", &self.folder, error);
        for folder in sweep::folders(&self.folder).map_err(failed)? {
            for file in fs::read_dir(folder).map_err(failed)? {
                match file.and_then(|file| fs::remove_file(file.path())) {
                    // Another process was faster.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    other => other.map_err(failed)?,
                }
            }
        }
        Ok(())
    }

    fn place(&self, key: &Key) -> PathBuf {
        let hex = key.to_string();
        let (folder, name) = hex.split_at(2);
        self.folder.join(folder).join(name)
    }

    /// A new file beside a place. Processes on several machines may have the same number, and so the same name.
    fn part(&self, place: &Path) -> io::Result<(PathBuf, File)> {
        let folder = place.parent().unwrap_or(&self.folder);
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let part = folder.join(format!("{PART}{}-{number}", std::process::id()));
            match new_file(&part) {
                Ok(file) => return Ok((part, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => make_folder(folder)?,
                Err(error) => return Err(error),
            }
        }
    }
}

/// A folder that is its owner's alone, where the system has such a thing.
fn make_folder(path: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.recursive(true).create(path)
}

fn new_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.write(true).create_new(true).open(path)
}

#[cfg(test)]
mod tests;
