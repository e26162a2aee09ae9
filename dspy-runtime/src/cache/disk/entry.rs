//! One reply as bytes: a mark, when it was had, the reply as JSON, and a hash of all that and of its key.

use sha2::{Digest, Sha256};

use crate::cache::Key;
use crate::cache::tiers::Kept;

/// The bytes that every entry begins with.
const MARK: &[u8; 8] = b"dspy re\x01";
/// The bytes before and after the reply.
const HEAD: usize = MARK.len() + size_of::<u64>();
const HASH: usize = 32;

/// An entry of a reply that is JSON already.
pub(super) fn encode(key: &Key, at: u64, json: &[u8]) -> Vec<u8> {
    let mut entry = Vec::with_capacity(HEAD + json.len() + HASH);
    entry.extend_from_slice(MARK);
    entry.extend_from_slice(&at.to_le_bytes());
    entry.extend_from_slice(json);
    let hash = hash(key, &entry);
    entry.extend_from_slice(&hash);
    entry
}

/// The reply of an entry, if the bytes are those that were written for this key.
pub(super) fn decode(key: &Key, entry: &[u8]) -> Option<Kept> {
    let (body, written) = entry.split_at_checked(entry.len().checked_sub(HASH)?)?;
    if hash(key, body) != written {
        return None;
    }
    let (at, json) = body.strip_prefix(MARK)?.split_first_chunk()?;
    let response = serde_json::from_slice(json).ok()?;
    Some(Kept::new(response, u64::from_le_bytes(*at)))
}

/// Hashes the key, too, so that an entry that was moved to another place is no entry there.
fn hash(key: &Key, body: &[u8]) -> [u8; HASH] {
    Sha256::new().chain_update(key.bytes()).chain_update(body).finalize().into()
}
