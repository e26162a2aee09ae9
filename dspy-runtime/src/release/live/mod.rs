//! A program that is replaced while it serves.

mod follow;
mod snapshot;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

pub use follow::Follow;
pub use snapshot::Snapshot;

use super::history::Release;
use super::key::Key;
use super::store::Store;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::module::{self, Build, Module};
use crate::predict::Prediction;

/// The current release of a program, for a service: calls go on while another one is promoted. A clone is the
/// same program.
///
/// Each call runs on one [`Snapshot`] from its first step to its last; [`refresh`](Live::refresh) and
/// [`follow`](Live::follow) put another in its place for the calls that come after. What does not fit, cannot be
/// read or was not promoted leaves the old one where it is.
///
/// It only reads. It gives the program out by shared reference, has no function that takes one back, and this
/// module uses none of [`optimize`](mod@crate::optimize), which is a layer below it: what serves is what the store says,
/// and nothing that happens while it serves can tune it.
///
/// # Example
///
/// ```
/// use dspy::release::{Live, Store};
/// use dspy::{Artifact, Context, Lm, Predict, signature};
///
/// /// Say whether the customer is content.
/// #[signature]
/// struct Judge {
///     /// What the customer wrote.
///     #[input]
///     message: String,
///     /// Whether the message as a whole is content.
///     #[output]
///     content: bool,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// # let folder = std::env::temp_dir().join(format!("dspy-live-doc-{}", std::process::id()));
/// # let folder = folder.as_path();
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let store = Store::open(folder)?;
/// let first = store.add(&Artifact::new(&Predict::<Judge>::new(), cx.lm().id()))?;
/// store.promote_anyway(&first, "the first one")?;
///
/// let live = Live::<Predict<Judge>>::open(&store, &cx)?;
/// let reply = live.call(&cx, JudgeInput { message: "Thanks, well done!".into() }).await?;
/// assert_eq!(reply.trace().steps().len(), 1);
///
/// let second = store.add(&Artifact::new(&Predict::<Judge>::new(), cx.lm().id()))?;
/// store.promote_anyway(&second, "the same once more")?;
/// assert!(live.refresh()?);
/// assert_eq!(live.get().release().map(|release| release.version()), Some(2));
/// # std::fs::remove_dir_all(folder)?;
/// # Ok(())
/// # }
/// ```
pub struct Live<M>(Arc<Shared<M>>);

struct Shared<M> {
    current: ArcSwap<Snapshot<M>>,
    /// Nothing for a program that stays as it is.
    source: Option<Source<M>>,
    /// One refresh at a time.
    refreshing: Mutex<()>,
    /// The reason the last refresh failed.
    failed: Mutex<Option<Arc<Error>>>,
}

/// The source of the program.
struct Source<M> {
    store: Store,
    key: Key,
    /// The program into which states are loaded.
    program: M,
    cx: Context,
}

impl<M: Module> Live<M> {
    /// The current release of a program for the model of the context.
    ///
    /// # Errors
    ///
    /// As [`Store::current`], and when the artifact does not fit the program.
    pub fn open(store: &Store, cx: &Context) -> Result<Self>
    where
        M: Build,
    {
        Self::new(M::build(), store, cx)
    }

    /// Opens the current release of a program that is made by hand.
    ///
    /// # Errors
    ///
    /// As [`Live::open`].
    pub fn new(program: M, store: &Store, cx: &Context) -> Result<Self> {
        let source = Source::of(program, store, cx);
        let snapshot = source.load(store.current_release(&source.key)?)?;
        Ok(Self::of(snapshot, Some(source)))
    }

    /// Opens the current release of a program that may run as it is until there is a release of it.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or a release that there is does not fit the program.
    pub fn or_declared(program: M, store: &Store, cx: &Context) -> Result<Self> {
        module::name(&program);
        let source = Source::of(program, store, cx);
        let snapshot = match store.find_current(&source.key)? {
            Some(release) => source.load(release)?,
            None => Snapshot::fixed(source.program.clone()),
        };
        Ok(Self::of(snapshot, Some(source)))
    }

    /// A program that comes from no store and stays as it is.
    #[must_use]
    pub fn fixed(program: M) -> Self {
        module::name(&program);
        Self::of(Snapshot::fixed(program), None)
    }

    fn of(snapshot: Snapshot<M>, source: Option<Source<M>>) -> Self {
        let current = ArcSwap::from_pointee(snapshot);
        Self(Arc::new(Shared { current, source, refreshing: Mutex::default(), failed: Mutex::default() }))
    }

    /// The program as it is now, which no longer changes.
    pub fn get(&self) -> Arc<Snapshot<M>> {
        self.0.current.load_full()
    }

    /// Runs the program as it is now.
    ///
    /// # Errors
    ///
    /// As [`Module::call`], and when the model of the context is not the one that the release was made for.
    pub async fn call(&self, cx: &Context, input: impl Into<M::Input>) -> Result<Prediction<M::Output>> {
        let snapshot = self.get();
        if let Some(release) = snapshot.release().filter(|release| release.key().model() != cx.lm().id()) {
            let message = format!("{release} cannot be called with the model {}", cx.lm().id());
            return Err(Error::new(ErrorKind::Artifact, message));
        }
        Module::call(snapshot.program(), cx, input.into()).await
    }

    /// Looks once whether another artifact is current, and if so puts it in the place of the present one; gives
    /// back whether it did. Reads one small file if nothing changed. Nothing changes with an error.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or the artifact is damaged or does not fit; the error lists the
    /// differences.
    pub fn refresh(&self) -> Result<bool> {
        let _one = self.0.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.replace();
        *self.failed() = outcome.as_ref().err().map(|error| Arc::new(error.told_again()));
        outcome
    }

    /// Refreshes again and again, in a thread of its own, until the guard is dropped. A refresh that fails is a
    /// warning of `tracing`, and [`last_error`](Live::last_error) until one succeeds.
    ///
    /// # Errors
    ///
    /// When the time between two looks is none, or the system gives no thread.
    pub fn follow(&self, every: Duration) -> Result<Follow> {
        Follow::start(self.clone(), every)
    }

    /// Returns the reason the last refresh failed; nothing if it did not.
    pub fn last_error(&self) -> Option<Arc<Error>> {
        self.failed().clone()
    }

    /// Returns the key of the releases; nothing for a fixed program.
    pub fn key(&self) -> Option<&Key> {
        self.0.source.as_ref().map(|source| &source.key)
    }

    fn failed(&self) -> MutexGuard<'_, Option<Arc<Error>>> {
        self.0.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn replace(&self) -> Result<bool> {
        let Some(source) = &self.0.source else { return Ok(false) };
        let release = match (source.store.find_current(&source.key)?, self.get().release()) {
            (Some(release), _) => release,
            // As it was declared, and nothing is released yet.
            (None, None) => return Ok(false),
            (None, Some(_)) => source.store.current_release(&source.key)?,
        };
        // A verdict that came later is another artifact, too.
        let is = |now: &Release| (now.version(), now.content()) == (release.version(), release.content());
        if self.get().release().is_some_and(is) {
            return Ok(false);
        }
        self.0.current.store(Arc::new(source.load(release)?));
        Ok(true)
    }
}

impl<M: Module> Source<M> {
    fn of(program: M, store: &Store, cx: &Context) -> Self {
        let key = Key::of_program(&program, cx.lm().id());
        Self { store: store.clone(), key, program, cx: cx.clone() }
    }

    fn load(&self, release: Release) -> Result<Snapshot<M>> {
        let artifact = self.store.artifact(&release)?;
        let program = artifact.apply(self.program.clone(), &self.cx)?;
        module::name(&program);
        Ok(Snapshot::released(program, release, artifact))
    }
}

impl<M> Clone for Live<M> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<M: Module> fmt::Debug for Live<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("current", &self.get()).finish_non_exhaustive()
    }
}
