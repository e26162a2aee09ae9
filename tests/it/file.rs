//! Files that tests write, and those that they are given.

use std::fs;
use std::path::{Path, PathBuf};

/// A path that the environment gives: tests run in the folder of their package, and people give it from that of the
/// workspace.
pub fn given(path: PathBuf) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A file of one test, away when the test is over.
pub struct File(pub PathBuf);

impl File {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_file(&path);
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
