//! Many jobs at once, no more than so many.

use std::future::Future;
use std::ops::ControlFlow;

use tokio::task::JoinSet;

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
