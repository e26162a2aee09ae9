//! Files that tests write.

use std::fs;
use std::path::{Path, PathBuf};

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
