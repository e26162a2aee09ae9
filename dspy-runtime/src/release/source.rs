//! The interface of a store.

use std::fmt;

use super::history::{Event, Shelf, VersionEntry};
use super::key::Key;
use crate::error::Result;

/// The store of artifacts: a [`Directory`](super::Directory), or a database or an object store of your own.
///
/// It keeps and compares, and decides nothing: [`Store`](super::Store) does that, over any of them. All of it
/// may be called by many threads and processes at once.
///
/// # Example
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Mutex;
///
/// use dspy::release::{ArtifactStore, Event, VersionEntry, Key, Shelf, Store};
/// use dspy::{Artifact, Context, Error, ErrorKind, Lm, Predict, Result, signature};
///
/// /// Keeps everything in memory.
/// #[derive(Debug, Default)]
/// struct InMemory(Mutex<HashMap<Key, (Shelf, Vec<Event>, HashMap<(u64, u64), String>)>>);
///
/// impl ArtifactStore for InMemory {
///     fn keys(&self) -> Result<Vec<Key>> {
///         Ok(self.0.lock().expect("no panic").keys().cloned().collect())
///     }
///     fn shelf(&self, key: &Key) -> Result<Option<Shelf>> {
///         Ok(self.0.lock().expect("no panic").get(key).map(|(shelf, ..)| shelf.clone()))
///     }
///     fn text(&self, key: &Key, kept: &VersionEntry) -> Result<String> {
///         let all = self.0.lock().expect("no panic");
///         let text = all.get(key).and_then(|(_, _, texts)| texts.get(&(kept.version, kept.revision)));
///         text.cloned().ok_or_else(|| Error::new(ErrorKind::Artifact, format!("{key} is gone")))
///     }
///     fn events(&self, key: &Key) -> Result<Vec<Event>> {
///         Ok(self.0.lock().expect("no panic").get(key).map(|(_, events, _)| events.clone()).unwrap_or_default())
///     }
///     fn commit(&self, shelf: &Shelf, event: &Event, artifact: Option<&str>) -> Result<bool> {
///         let mut all = self.0.lock().expect("no panic");
///         let new = || (Shelf::new(shelf.key.clone()), Vec::new(), HashMap::new());
///         let (before, events, texts) = all.entry(shelf.key.clone()).or_insert_with(new);
///         if before.sequence + 1 != event.sequence {
///             return Ok(false);
///         }
///         if let (Some(text), Some(kept)) = (artifact, shelf.version(event.version)) {
///             texts.insert((kept.version, kept.revision), text.to_owned());
///         }
///         events.push(event.clone());
///         *before = shelf.clone();
///         Ok(true)
///     }
/// }
///
/// /// Answer the question.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// let store = Store::new(InMemory::default());
/// let release = store.add(&Artifact::new(&Predict::<Answer>::new(), cx.lm().id()))?;
/// store.promote_anyway(&release, "nothing to compare it with")?;
/// assert_eq!(store.current::<Predict<Answer>>(cx.lm().id())?.program(), "Predict");
/// # Ok::<(), dspy::Error>(())
/// ```
pub trait ArtifactStore: fmt::Debug + Send + Sync {
    /// The keys that have versions.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn keys(&self) -> Result<Vec<Key>>;

    /// Returns the state that the last [`commit`](ArtifactStore::commit) for a key has left, or nothing if
    /// there was none.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn shelf(&self, key: &Key) -> Result<Option<Shelf>>;

    /// The text of an artifact, of this version and this revision.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or has no such text.
    fn text(&self, key: &Key, kept: &VersionEntry) -> Result<String>;

    /// The events of a key in order; none where nothing happened.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    fn events(&self, key: &Key) -> Result<Vec<Event>>;

    /// Keeps an event, the shelf that it leads to, and with some events the text of the artifact that the event
    /// is of (its [`VersionEntry`] is in the shelf): all of it or nothing. Whoever reads while this is done sees the
    /// state before or the one after.
    ///
    /// It is done only if the last event of the key is the one before this, by its
    /// [`sequence`](Event::sequence); else it returns `false`, and someone else was first.
    ///
    /// # Errors
    ///
    /// When the store cannot be written. Then it may have been done or not, as with any power cut.
    fn commit(&self, shelf: &Shelf, event: &Event, artifact: Option<&str>) -> Result<bool>;
}

fn _is_object_safe(_: Box<dyn ArtifactStore>) {}
