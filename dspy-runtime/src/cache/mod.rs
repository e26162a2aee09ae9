//! Replies that were paid for, kept: in memory, and on disk for the next process.

mod cached;
mod clock;
mod disk;
mod flight;
mod key;
mod memory;
mod stats;
mod tiers;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use cached::Cached;
pub(crate) use key::Key;
pub use stats::CacheStats;

use crate::error::Result;
use disk::Disk;
use tiers::Tiers;

/// The size that is kept by default.
const MEMORY: u64 = 64 << 20;
const DISK: u64 = 1 << 30;

/// Replies of models, for calls that were made before. A handle: clones share what is kept.
///
/// Put it around a model with [`Cached`]. Two calls are the same if everything that can change the reply is:
/// model, revision and address of the server, messages with their images and files, sampling, format, tools,
/// and the [rollout](crate::Context::with_rollout). Models of your own that share a cache need
/// [ids](crate::lm::LanguageModel::id) of their own.
///
/// # On disk
///
/// A cache on disk is a folder that several processes may use at once, and that survives when one of them is
/// killed at any time. A file that was cut off or changed is no reply, and never an error; a file that cannot be
/// written is a warning, and the call goes on. Replies are kept, and hashes of what was asked; no prompts, and
/// no keys. On Unix, folder and files are their owner's alone. The bound of the folder is kept about: each process
/// may go beyond it by a sixteenth, and what was used least recently, to the minute, goes first. What
/// another version of this library has kept in another format is left alone, and there may be both side by side.
///
/// # Example
///
/// ```
/// use dspy::cache::{Cache, Cached};
/// use dspy::lm::CacheUse;
/// use dspy::{Context, Lm};
/// use std::time::Duration;
///
/// # fn main() -> dspy::Result<()> {
/// # let folder = std::env::temp_dir().join(format!("dspy-cache-doc-{}", std::process::id()));
/// let cache = Cache::open(&folder)?.time_to_live(Duration::from_secs(7 * 24 * 3_600));
/// let cx = Context::new(Cached::new(Lm::new("builtin/lexical")?, &cache));
/// let fresh = cx.with_cache(CacheUse::Refresh); // Asks anew what this context asks.
/// println!("{}", cache.stats());
/// cache.clear()?;
/// # drop(fresh);
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Cache(Arc<Tiers>);

impl Cache {
    /// Keeps replies in a folder, which is made if it is not there, and the latest in memory as well. By
    /// default 1 GiB on disk and 64 MiB in memory are kept, for any time.
    ///
    /// # Errors
    ///
    /// When the folder cannot be made.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let disk = Disk::open(path.as_ref(), DISK)?;
        Ok(Self(Arc::new(Tiers::new(Some(disk)))).memory_limit(MEMORY))
    }

    /// Keeps so many bytes of replies in memory alone.
    #[must_use]
    pub fn memory(bytes: u64) -> Self {
        Self(Arc::new(Tiers::new(None))).memory_limit(bytes)
    }

    /// Takes no reply that is older, wherever it was kept. For this cache and all its clones.
    #[must_use]
    pub fn time_to_live(self, time: Duration) -> Self {
        self.0.live_for(time);
        self
    }

    /// Sets the number of bytes of replies that are kept in memory; 0 for none. For this cache and all its
    /// clones.
    #[must_use]
    pub fn memory_limit(self, bytes: u64) -> Self {
        self.0.memory().limit(bytes);
        self
    }

    /// Sets the number of bytes kept on disk, where each reply takes whole blocks of 4 KiB. For this cache
    /// and all its clones.
    #[must_use]
    pub fn disk_limit(self, bytes: u64) -> Self {
        if let Some(disk) = self.0.disk() {
            disk.limit(bytes);
        }
        self
    }

    /// Returns the cache's statistics since it was made in this process.
    pub fn stats(&self) -> CacheStats {
        self.0.counts.stats(self.0.memory().size())
    }

    /// Returns the number of replies on disk and their size in bytes, by whichever processes they were put
    /// there. It waits for the disk.
    ///
    /// # Errors
    ///
    /// When the folder cannot be read.
    pub fn on_disk(&self) -> Result<(u64, u64)> {
        self.0.disk().map_or(Ok((0, 0)), |disk| disk.size())
    }

    /// Lets go of all replies, in memory and on disk. It waits for the disk.
    ///
    /// # Errors
    ///
    /// When a file cannot be removed.
    pub fn clear(&self) -> Result<()> {
        self.0.memory().clear();
        self.0.disk().map_or(Ok(()), |disk| disk.clear())
    }
}
