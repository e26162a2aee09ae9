//! Many jobs at once, no more than so many.

use std::any::Any;
use std::future::Future;
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::task::JoinSet;

use crate::error::{Error, ErrorKind, Result};

/// Runs jobs on the runtime, at most `limit` at a time, and hands each result to `each` as it comes.
///
/// When `each` breaks, no further job begins; those under way are finished, since they are paid for.
/// Dropping the future ends all of them.
pub(crate) async fn pooled<J>(
    jobs: impl IntoIterator<Item = J>,
    limit: usize,
    mut each: impl FnMut(J::Output) -> ControlFlow<()>,
) where
    J: Future<Output: Send + 'static> + Send + 'static,
{
    let mut waiting = jobs.into_iter().fuse();
    let mut running = JoinSet::new();
    let mut open = true;
    loop {
        while open && running.len() < limit.max(1) {
            match waiting.next() {
                Some(job) => running.spawn(job),
                None => break,
            };
        }
        match running.join_next().await {
            Some(Ok(result)) => open &= each(result).is_continue(),
            Some(Err(failed)) => {
                if let Ok(panic) = failed.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
            None => return,
        }
    }
}

/// Returns the result of a row, if it comes within its time.
pub(crate) async fn within<T>(
    limit: Option<Duration>,
    running: impl Future<Output = Result<T>>,
) -> Result<T> {
    match limit {
        None => running.await,
        Some(limit) => tokio::time::timeout(limit, running).await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::Timeout, format!("the row took longer than {limit:?}")))
        }),
    }
}

/// Returns the result of something, if it does not panic; `what` is named in the error where it does.
pub(crate) async fn caught<T>(what: &str, running: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(running).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(what, &*panic)))
}

fn panicked(what: &str, panic: &(dyn Any + Send)) -> Error {
    let text =
        panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::new(ErrorKind::Program, format!("{what} panicked: {}", text.unwrap_or("no message")))
}
