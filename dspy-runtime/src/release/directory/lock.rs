//! One writer at a time, of all processes.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};

/// Held until it is dropped, or the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Waits for the lock, but no longer than so.
pub(super) fn wait(path: &Path, longest: Duration) -> Result<Lock> {
    let begun = Instant::now();
    let mut options = OpenOptions::new();
    let opened = options.create(true).truncate(false).read(true).write(true).open(path);
    let mut file = opened.map_err(|error| Error::io("open", path, error))?;
    let mut pause = Duration::from_millis(1);
    loop {
        match file.try_lock() {
            Ok(()) => {
                sign(&mut file).map_err(|error| Error::io("write", path, error))?;
                return Ok(Lock { _file: file });
            }
            Err(TryLockError::WouldBlock) if begun.elapsed() < longest => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => return Err(held(path, &mut file, longest)),
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", path, error)),
        }
    }
}

/// Says who has it, for those who wait.
fn sign(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "process {}", std::process::id())
}

fn held(path: &Path, file: &mut File, longest: Duration) -> Error {
    let mut who = String::new();
    // Where a locked file cannot be read, nobody knows who it is.
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.read_to_string(&mut who));
    let who = match who.trim() {
        who if read.is_ok() && !who.is_empty() => who.to_owned(),
        _ => "another process".to_owned(),
    };
    let message = format!(
        "`{}` is locked by {who}, and was for {:.1} s; wait until it is done, or end it if it hangs",
        path.display(),
        longest.as_secs_f64()
    );
    Error::new(ErrorKind::Io, message)
}
