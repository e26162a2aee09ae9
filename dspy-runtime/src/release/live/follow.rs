//! Looking for another release, again and again.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use super::Live;
use crate::error::{Error, ErrorKind, Result};
use crate::module::{Module, Program};

/// Refreshes a [`Live`] program until it is dropped. See [`Live::follow`].
#[must_use = "it stops when it is dropped"]
pub struct Follow {
    /// The thread ends when this is gone.
    _stop: Sender<()>,
    every: Duration,
}

impl Follow {
    pub(super) fn start<M: Module>(live: Live<M>, every: Duration) -> Result<Self> {
        if every.is_zero() {
            let message = "following a store takes a time between two looks, such as 10 seconds, not none";
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        let (stop, stopped) = mpsc::channel();
        // Stores block, and may be slow; a runtime has better things to do.
        let follow = move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                look(&live);
            }
        };
        std::thread::Builder::new()
            .name("dspy-follow".to_owned())
            .spawn(follow)
            .map_err(|error| Error::new(ErrorKind::Io, format!("cannot start a thread: {error}")))?;
        Ok(Self { _stop: stop, every })
    }
}

fn look<M: Module>(live: &Live<M>) {
    let before = live.last_error();
    match live.refresh() {
        Ok(false) => {}
        Ok(true) => {
            let release = live.get().release().map(ToString::to_string).unwrap_or_default();
            tracing::info!(%release, "another release is current");
        }
        // Told once, and not with each look.
        Err(error) if before.is_some_and(|before| format!("{before:#}") == format!("{error:#}")) => {}
        Err(error) => {
            tracing::warn!(
                program = <M as Program>::NAME,
                error = format_args!("{error:#}"),
                "no refresh; the old release goes on"
            );
        }
    }
}

impl fmt::Debug for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follow").field("every", &self.every).finish_non_exhaustive()
    }
}
