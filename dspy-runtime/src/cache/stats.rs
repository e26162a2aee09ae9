//! The statistics of a cache.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::figure::{count, counted};

/// The statistics of a cache since it was made in this process, for all models that use it.
///
/// # Example
///
/// ```
/// use dspy::cache::Cache;
///
/// let cache = Cache::memory(1 << 20);
/// assert_eq!(cache.stats().hits(), 0);
/// assert_eq!(cache.stats().to_string(), "0 hits, 0 misses; 0 replies in memory, 0 bytes");
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Replies out of memory.
    pub memory_hits: u64,
    /// Replies from disk.
    pub disk_hits: u64,
    /// Replies of an equal call that was under way.
    pub shared_hits: u64,
    /// Calls that looked for a reply and had to ask the model.
    pub misses: u64,
    /// Replies that were kept.
    pub kept: u64,
    /// Replies that could not be written to disk; the calls went on all the same.
    pub failed: u64,
    /// Replies in memory now.
    pub replies: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl CacheStats {
    /// Calls that did not ask the model.
    pub fn hits(&self) -> u64 {
        self.memory_hits + self.disk_hits + self.shared_hits
    }
}

impl fmt::Display for CacheStats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&counted(self.hits(), "hit"))?;
        if self.hits() > 0 {
            let Self { memory_hits, disk_hits, shared_hits, .. } = *self;
            let [memory_hits, disk_hits, shared_hits] = [memory_hits, disk_hits, shared_hits].map(count);
            write!(f, " ({memory_hits} from memory, {disk_hits} from disk, {shared_hits} shared)")?;
        }
        let (misses, replies, bytes) = (count(self.misses), count(self.replies), count(self.bytes));
        let (miss, reply) = (
            if self.misses == 1 { "miss" } else { "misses" },
            if self.replies == 1 { "reply" } else { "replies" },
        );
        write!(f, ", {misses} {miss}; {replies} {reply} in memory, {bytes} bytes")?;
        if self.failed > 0 {
            write!(f, "; {} could not be written to disk", self.failed)?;
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) memory_hits: Count,
    pub(super) disk_hits: Count,
    pub(super) shared_hits: Count,
    pub(super) misses: Count,
    pub(super) kept: Count,
    pub(super) failed: Count,
}

#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Counts {
    pub(super) fn stats(&self, (replies, bytes): (u64, u64)) -> CacheStats {
        let read = |count: &Count| count.0.load(Ordering::Relaxed);
        CacheStats {
            memory_hits: read(&self.memory_hits),
            disk_hits: read(&self.disk_hits),
            shared_hits: read(&self.shared_hits),
            misses: read(&self.misses),
            kept: read(&self.kept),
            failed: read(&self.failed),
            replies,
            bytes,
        }
    }
}
