//! Keeps the folder within its bound.
//!
//! No process knows what the others write, so each looks at the whole folder from time to time: with its first
//! entry, and whenever it has written a sixteenth of the bound.

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::{Disk, PART};

/// The longest time for which a file can be in the writing; one that is older was left behind.
const WRITING: Duration = Duration::from_secs(3_600);
/// The size of which a file's space on disk is a multiple.
const BLOCK: u64 = 4_096;
/// Held by the process that sweeps.
const LOCK: &str = "sweeping";

/// Returns the disk space of a file of so many bytes.
pub(super) fn on_disk(bytes: u64) -> u64 {
    bytes.div_ceil(BLOCK) * BLOCK
}

/// The folders of the entries.
pub(super) fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.filter_map(Result::ok);
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    Ok(folders.map(|entry| entry.path()).collect())
}

/// An entry, when it was last used, and what it takes.
struct Found(SystemTime, u64, PathBuf);

impl Disk {
    /// Returns whether it is time to sweep.
    pub(super) fn is_due(&self) -> bool {
        self.written.load(Ordering::Relaxed) > self.limit.load(Ordering::Relaxed) / 16
    }

    /// Sweeps until it is no longer due, or someone else does: what is written in the meantime counts.
    pub(in crate::cache) fn sweep_if_due(&self, now: SystemTime) {
        while self.is_due() && self.sweep(now) {}
    }

    /// Takes away what was used least recently, if there is more than the bound, until a tenth of it is free.
    /// One process at a time is enough, and it says whether it was this one; the lock goes with the file.
    pub(super) fn sweep(&self, now: SystemTime) -> bool {
        let lock = File::create(self.folder.join(LOCK)).ok().filter(|lock| lock.try_lock().is_ok());
        if lock.is_some() {
            self.written.store(0, Ordering::Relaxed);
            self.shrink(self.limit.load(Ordering::Relaxed), now);
        }
        lock.is_some()
    }

    fn shrink(&self, limit: u64, now: SystemTime) {
        let Ok(folders) = folders(&self.folder) else { return };
        let files = folders.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten();
        let mut found: Vec<Found> = files.filter_map(|file| look(&file.ok()?, now)).collect();
        let mut total: u64 = found.iter().map(|Found(_, bytes, _)| bytes).sum();
        if total <= limit {
            return;
        }
        found.sort_unstable_by_key(|Found(used, ..)| *used);
        for Found(_, bytes, path) in found {
            if total <= limit / 10 * 9 {
                return;
            }
            // What another process took away is gone as well.
            let _ = fs::remove_file(path);
            total -= bytes;
        }
    }
}

/// Looks at a file, and takes it away if it was left behind by a process that was killed.
fn look(file: &DirEntry, now: SystemTime) -> Option<Found> {
    let about = file.metadata().ok()?;
    let used = about.modified().ok()?;
    let is_part = file.file_name().to_str().is_some_and(|name| name.starts_with(PART));
    if is_part && now.duration_since(used).is_ok_and(|age| age > WRITING) {
        let _ = fs::remove_file(file.path());
        return None;
    }
    (!is_part).then(|| Found(used, on_disk(about.len()), file.path()))
}
