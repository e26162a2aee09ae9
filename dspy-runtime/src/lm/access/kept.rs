//! Values that run out: kept until then, and asked for anew.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;

use crate::error::{Error, ErrorKind, Result};
use crate::lm::Secret;

/// The time before its end from which a value is no longer used: a call may take a while to arrive.
const MARGIN: Duration = Duration::from_secs(60);
/// The number of secrets that are remembered, for answers to calls that were made before the last renewal.
const REMEMBERED: usize = 8;

/// A value that runs out.
pub(super) trait Lasts: Clone + Send + Sync + 'static {
    /// The name of its kind, for messages.
    const NAME: &'static str;

    fn expires(&self) -> Option<SystemTime>;

    /// The texts in it that must not be shown.
    fn secrets(&self) -> Vec<Secret>;
}

/// A function that gives a new value.
type Source<T> = Arc<dyn Fn() -> BoxFuture<'static, Result<T>> + Send + Sync>;

/// One value, or a source of them and the last that it gave. Clones share it.
pub(super) struct Kept<T> {
    /// `None` where there is the one value alone.
    source: Option<Source<T>>,
    last: Arc<Mutex<Option<T>>>,
    secrets: Arc<RwLock<VecDeque<Secret>>>,
}

impl<T: Lasts> Kept<T> {
    pub(super) fn one(value: T) -> Self {
        let secrets = value.secrets().into();
        Self {
            source: None,
            last: Arc::new(Mutex::new(Some(value))),
            secrets: Arc::new(RwLock::new(secrets)),
        }
    }

    pub(super) fn from<F, Fut>(source: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T>> + Send + 'static,
    {
        let source: Source<T> = Arc::new(move || Box::pin(source()));
        Self { source: Some(source), last: Arc::default(), secrets: Arc::default() }
    }

    /// Returns the value, a new one where the last has run out. Calls at the same time wait for one.
    pub(super) async fn get(&self) -> Result<T> {
        let mut last = self.last.lock().await;
        let now = SystemTime::now();
        let lasts = |value: &&T| value.expires().is_none_or(|end| end > now + MARGIN);
        if let Some(value) = last.as_ref().filter(lasts) {
            return Ok(value.clone());
        }
        let Some(source) = &self.source else { return Err(run_out(T::NAME, "; set another")) };
        let value =
            source().await.map_err(|error| error.context(format_args!("the source of {}", T::NAME)))?;
        if value.expires().is_some_and(|end| end <= now) {
            return Err(run_out(T::NAME, ", as it came of its source; is the clock of this machine right?"));
        }
        self.remember(&value);
        *last = Some(value.clone());
        Ok(value)
    }

    /// Lets go of a value that was refused, and returns whether another may be had.
    pub(super) async fn let_go(&self) -> bool {
        if self.source.is_some() {
            *self.last.lock().await = None;
        }
        self.source.is_some()
    }

    pub(super) fn is_secret_in(&self, text: &str) -> bool {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().any(|secret| secret.is_in(text))
    }

    fn remember(&self, value: &T) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        secrets.extend(value.secrets());
        let surplus = secrets.len().saturating_sub(REMEMBERED);
        secrets.drain(..surplus);
    }
}

impl<T> Clone for Kept<T> {
    fn clone(&self) -> Self {
        Self { source: self.source.clone(), last: self.last.clone(), secrets: self.secrets.clone() }
    }
}

fn run_out(name: &str, what: &str) -> Error {
    Error::new(ErrorKind::Auth, format!("{name} has run out{what}"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[derive(Clone)]
    struct Coupon(u64, Option<SystemTime>);

    impl Lasts for Coupon {
        const NAME: &'static str = "the coupon";

        fn expires(&self) -> Option<SystemTime> {
            self.1
        }

        fn secrets(&self) -> Vec<Secret> {
            vec![Secret::new(format!("coupon-{}", self.0))]
        }
    }

    /// A source whose values last for so long, and the number of those that it gave.
    fn source(lasts: Option<Duration>) -> (Kept<Coupon>, Arc<AtomicU64>) {
        let given = Arc::new(AtomicU64::new(0));
        let counted = given.clone();
        let kept = Kept::from(move || {
            let number = counted.fetch_add(1, Ordering::SeqCst);
            async move { Ok(Coupon(number, lasts.map(|lasts| SystemTime::now() + lasts))) }
        });
        (kept, given)
    }

    #[tokio::test]
    async fn a_value_is_kept_until_it_runs_out() {
        for (lasts, asked) in [(None, 1), (Some(Duration::from_secs(3600)), 1), (Some(MARGIN / 2), 3)] {
            let (kept, given) = source(lasts);
            for _ in 0..3 {
                kept.get().await.expect("a value");
            }
            assert_eq!(given.load(Ordering::SeqCst), asked, "{lasts:?}");
        }
    }

    #[tokio::test]
    async fn calls_at_the_same_time_ask_once() {
        let (kept, given) = source(None);
        futures_util::future::join_all((0..8).map(|_| kept.get())).await;
        assert_eq!(given.load(Ordering::SeqCst), 1);
        assert!(kept.let_go().await);
        assert_eq!(kept.get().await.expect("another").0, 1);
        assert!(kept.is_secret_in("coupon-0, coupon-1") && !kept.is_secret_in("coupon"));
    }

    #[tokio::test]
    async fn what_has_run_out_is_not_used() {
        let past = Some(SystemTime::now() - Duration::from_secs(1));
        let kept = Kept::one(Coupon(7, past));
        assert!(!kept.let_go().await && kept.is_secret_in("coupon-7"));
        let kept = [kept, Kept::from(move || async move { Ok(Coupon(7, past)) })];
        for kept in kept {
            let error = kept.get().await.err().expect("it has run out");
            assert_eq!(error.kind(), ErrorKind::Auth);
            assert!(error.to_string().starts_with("the coupon has run out"), "{error}");
        }
    }
}
