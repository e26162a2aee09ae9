//! What a process of its own does: puts, tells that it did, and reads.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use sha2::{Digest, Sha256};

use crate::store::open;

/// The environment variable that tells a process to work.
pub const CHILD: &str = "DSPY_STORES_CHILD";

pub fn key(writer: u64, n: u64) -> [u8; 32] {
    Sha256::digest([writer.to_le_bytes(), n.to_le_bytes()].concat()).into()
}

/// About 2 KB that follow from the key, with a hash of themselves.
pub fn value(writer: u64, n: u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = key(writer, n).repeat(64 + (n % 7) as usize);
    let hash = Sha256::digest(&bytes);
    bytes.extend(hash);
    bytes
}

pub fn check(writer: u64, n: u64, bytes: &[u8]) -> bool {
    bytes == value(writer, n)
}

pub fn work(task: &str) {
    let mut parts = task.split('\n');
    let mut next = || parts.next().expect("a task");
    let (name, folder) = (next(), next());
    let (writer, puts): (u64, u64) = (next().parse().expect("a number"), next().parse().expect("a number"));
    let store = open(name, Path::new(folder));
    let mut out = std::io::stdout();
    for n in 0..puts {
        let begun = Instant::now();
        store.put(&key(writer, n), &value(writer, n));
        let took = begun.elapsed().as_nanos();
        out.write_all(format!("{n} {took}\n").as_bytes()).expect("somebody listens");
        let past = n / 2;
        let read = store.get(&key(writer, past)).expect("it was put");
        assert!(check(writer, past, &read));
    }
}
