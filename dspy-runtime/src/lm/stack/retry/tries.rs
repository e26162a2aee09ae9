//! The number of tries and the time for one call.

use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind, Result, Trouble};

/// The limits of retrying.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    pub(super) times: usize,
    /// After no answer came in time.
    pub(super) after_timeout: usize,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    /// The time in which the last try must begin.
    pub(super) within: Option<Duration>,
}

/// The time for a server of this machine at whose address nothing listens: enough for one that is being restarted.
const NOBODY_HERE: Duration = Duration::from_secs(3);

/// The time for a server that loads its model, and the longest wait between two looks at it.
const STARTING: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_secs(2);

impl Default for Patience {
    fn default() -> Self {
        Self {
            times: 6,
            after_timeout: 1,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(60),
            within: None,
        }
    }
}

impl Patience {
    fn waits(&self, longest: Duration) -> ExponentialBuilder {
        ExponentialBuilder::default()
            .with_min_delay(self.first_wait)
            .with_max_delay(longest)
            .with_max_times(self.times)
            .with_jitter()
    }
}

/// The tries of one call.
pub(crate) struct Tries<'a> {
    patience: &'a Patience,
    begun: Instant,
    waits: ExponentialBackoff,
    looks: ExponentialBackoff,
    made: u32,
    late: usize,
}

impl<'a> Tries<'a> {
    /// The first is about to be made.
    pub(crate) fn new(patience: &'a Patience) -> Self {
        Self {
            begun: Instant::now(),
            waits: patience.waits(patience.longest_wait).build(),
            looks: patience.waits(LOOK).without_max_times().build(),
            patience,
            made: 0,
            late: 0,
        }
    }

    /// Returns the number of times the call was made again.
    pub(crate) fn made(&self) -> u32 {
        self.made
    }

    /// Waits until the call is to be made again.
    ///
    /// # Errors
    ///
    /// With the failure itself where it is not.
    pub(crate) async fn pause(&mut self, failed: Error) -> Result<()> {
        let Some(wait) = self.wait(&failed) else { return Err(failed.with_retries(self.made)) };
        self.made += 1;
        tracing::warn!(error = %failed, ?wait, "the call is made again");
        // Nobody listens where a model is asked without a context.
        let _ = AGAIN.try_with(|again| again());
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// The wait before another try, if there is to be one at all.
    fn wait(&mut self, failed: &Error) -> Option<Duration> {
        if !failed.is_retryable() || self.patience.times == 0 {
            return None;
        }
        let trouble = failed.trouble();
        let next = match trouble {
            Some(Trouble::Starting) => self.looks.next(),
            _ => self.waits.next(),
        };
        if failed.kind() == ErrorKind::Timeout && failed.status().is_none() && trouble.is_none() {
            self.late += 1;
        }
        let wait = failed.retry_after().unwrap_or(next?);
        let own = match trouble {
            Some(Trouble::NobodyHere) => Some(NOBODY_HERE),
            Some(Trouble::Starting) => Some(STARTING),
            _ => None,
        };
        let in_time = |within: Duration| self.begun.elapsed() + wait <= within;
        let again = wait <= self.patience.longest_wait
            && self.late <= self.patience.after_timeout
            && own.into_iter().chain(self.patience.within).all(in_time);
        again.then_some(wait)
    }
}

tokio::task_local! {
    static AGAIN: Arc<dyn Fn() + Send + Sync>;
}

/// Makes a call, and reports each time that it is made again while it is still under way.
pub(crate) async fn telling<T>(again: impl Fn() + Send + Sync + 'static, call: impl Future<Output = T>) -> T {
    AGAIN.scope(Arc::new(again), call).await
}

/// Asks for what is only read, as often as that helps.
pub(crate) async fn patiently<'s, T>(ask: &(impl Fn() -> BoxFuture<'s, Result<T>> + Sync)) -> Result<T> {
    let patience = Patience::default();
    let mut tries = Tries::new(&patience);
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => tries.pause(error).await?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: ErrorKind) -> Error {
        Error::new(kind, "no")
    }

    /// Returns the time for which a call is tried that always fails in this way, and the number of times it
    /// is made again.
    async fn tried(patience: &Patience, fail: impl Fn() -> Error) -> (Duration, u32) {
        let (begun, mut tries) = (Instant::now(), Tries::new(patience));
        while tries.pause(fail()).await.is_ok() {}
        (begun.elapsed(), tries.made())
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_not_here_is_not_waited_for() {
        let gone = || failed(ErrorKind::Transport).with_trouble(Trouble::NobodyHere);
        let (took, made) = tried(&Patience::default(), gone).await;
        assert!(took <= NOBODY_HERE && made >= 1, "{took:?}, {made}");
        let (took, made) = tried(&Patience::default(), || failed(ErrorKind::Transport)).await;
        assert!(took > Duration::from_secs(30) && made == 6, "elsewhere it may be the network: {took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_answer_in_time_is_tried_once_more() {
        let late = || failed(ErrorKind::Timeout);
        assert_eq!(tried(&Patience::default(), late).await.1, 1);
        assert_eq!(tried(&Patience { after_timeout: 0, ..Patience::default() }, late).await.1, 0);
        let unreached = || late().with_trouble(Trouble::Unreached);
        assert_eq!(tried(&Patience::default(), unreached).await.1, 6);
        assert_eq!(tried(&Patience::default(), || late().with_status(504)).await.1, 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_starts_has_two_minutes() {
        let starting = || failed(ErrorKind::Server).with_trouble(Trouble::Starting);
        let (took, made) = tried(&Patience::default(), starting).await;
        assert!(took <= STARTING && took > STARTING - 2 * LOOK && made > 20, "{took:?}, {made}");
        let short = Patience { within: Some(Duration::from_secs(10)), ..Patience::default() };
        assert!(tried(&short, starting).await.0 <= Duration::from_secs(10));
        assert_eq!(tried(&Patience { times: 0, ..Patience::default() }, starting).await.1, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_is_told_of_each_time() {
        let count = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = count.clone();
        let again = move || {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        };
        let patience = Patience::default();
        let (_, made) = telling(again, tried(&patience, || failed(ErrorKind::Server))).await;
        assert_eq!((made, count.load(std::sync::atomic::Ordering::Relaxed)), (6, 6));
    }
}
