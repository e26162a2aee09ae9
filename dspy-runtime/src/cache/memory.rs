//! Replies in memory: so many bytes, the least recently used goes first.

use std::collections::{BTreeMap, HashMap};

use super::Key;
use super::tiers::Kept;

/// The approximate size of an entry besides its reply.
const AROUND: u64 = 300;

#[derive(Debug, Default)]
pub(super) struct Memory {
    limit: u64,
    bytes: u64,
    entries: HashMap<Key, Held>,
    /// The keys by when they were last used.
    order: BTreeMap<u64, Key>,
    /// Counts uses.
    now: u64,
}

#[derive(Debug)]
struct Held {
    kept: Kept,
    bytes: u64,
    used: u64,
}

impl Memory {
    pub(super) fn get(&mut self, key: &Key) -> Option<Kept> {
        let held = self.entries.get_mut(key)?;
        self.order.remove(&held.used);
        self.now += 1;
        held.used = self.now;
        self.order.insert(self.now, *key);
        Some(held.kept.clone())
    }

    /// Keeps a reply of so many bytes, and lets go of others for it.
    pub(super) fn put(&mut self, key: Key, kept: Kept, bytes: u64) {
        self.remove(&key);
        let bytes = bytes + AROUND;
        // All the others would go for it, and then it would, too.
        if bytes > self.limit {
            return;
        }
        self.now += 1;
        self.bytes += bytes;
        self.order.insert(self.now, key);
        self.entries.insert(key, Held { kept, bytes, used: self.now });
        self.shrink();
    }

    pub(super) fn limit(&mut self, bytes: u64) {
        self.limit = bytes;
        self.shrink();
    }

    pub(super) fn clear(&mut self) {
        *self = Self { limit: self.limit, ..Self::default() };
    }

    /// Returns the number of replies, and their size.
    pub(super) fn size(&self) -> (u64, u64) {
        (self.entries.len() as u64, self.bytes)
    }

    /// Lets go of a reply if it is the one.
    pub(super) fn remove_if(&mut self, key: &Key, is_it: impl FnOnce(&Kept) -> bool) {
        if self.entries.get(key).is_some_and(|held| is_it(&held.kept)) {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: &Key) {
        if let Some(held) = self.entries.remove(key) {
            self.order.remove(&held.used);
            self.bytes -= held.bytes;
        }
    }

    fn shrink(&mut self) {
        while self.bytes > self.limit {
            let Some((_, key)) = self.order.pop_first() else { return };
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::{Lexical, Message, Request, Response};

    fn key(n: u64) -> Key {
        Key::of(&Lexical::new(), &Request::from(vec![Message::user(n.to_string())]))
    }

    #[test]
    fn the_least_recently_used_goes_and_the_bound_holds() {
        let mut memory = Memory::default();
        memory.limit(10 * (AROUND + 100));
        let kept = || Kept::new(Response::new("a reply"), 0);
        for n in 0..10 {
            memory.put(key(n), kept(), 100);
        }
        assert!(memory.get(&key(0)).is_some());
        memory.put(key(10), kept(), 100);
        memory.put(key(10), kept(), 90);
        assert!(memory.get(&key(1)).is_none() && memory.get(&key(0)).is_some());
        assert_eq!(memory.size(), (10, 10 * (AROUND + 100) - 10));
        memory.put(key(11), kept(), 1 << 20);
        assert_eq!(memory.size().0, 10, "what is larger than all of it is not kept");
        assert!(memory.get(&key(11)).is_none());
        memory.limit(0);
        assert!(memory.size() == (0, 0) && memory.order.is_empty());
    }
}
