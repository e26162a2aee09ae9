//! What one call does with the cache.

/// What a call does with the cache of its model, if it has one ([`Context::with_cache`](crate::Context::with_cache)).
///
/// # Example
///
/// ```
/// use dspy::lm::{LanguageModel, Message, Request, Scripted};
/// use dspy::{Cache, CacheUse, Cached};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let lm = Cached::new(Scripted::replies(["first", "second"]), &Cache::memory(1 << 20));
/// let mut request = Request::from(vec![Message::user("Hi.")]);
/// assert_eq!(lm.complete(&request).await?.text, "first");
/// assert_eq!(lm.complete(&request).await?.text, "first");
/// request.cache = CacheUse::Refresh;
/// assert_eq!(lm.complete(&request).await?.text, "second");
/// # Ok(())
/// # }
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CacheUse {
    /// Takes a reply that is there, and keeps one that is not.
    #[default]
    ReadWrite,
    /// Takes a reply that is there, and keeps none.
    Read,
    /// Asks the model each time, and keeps the reply unless one is there.
    Write,
    /// Asks the model, once for equal calls that are made at once, and puts the reply in the place of the one that
    /// is there.
    Refresh,
    /// Asks the model, as if there were no cache.
    Off,
}

impl CacheUse {
    pub(super) fn reads(self) -> bool {
        matches!(self, Self::ReadWrite | Self::Read)
    }

    pub(super) fn writes(self) -> bool {
        matches!(self, Self::ReadWrite | Self::Write | Self::Refresh)
    }

    /// Whether equal calls that are made at once may be one.
    pub(super) fn shares(self) -> bool {
        self.reads() || self == Self::Refresh
    }
}
