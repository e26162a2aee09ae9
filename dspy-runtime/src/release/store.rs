//! Versions of artifacts, and which one is current.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::directory::Directory;
use super::history::{Change, Event, Release, Shelf, VersionEntry};
use super::key::Key;
use super::matrix::Matrix;
use super::source::ArtifactStore;
use super::{clock, missing};
use crate::artifact::Artifact;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::{Decision, Verdict};
use crate::lm::ModelId;
use crate::module::{Build, Module};

/// The time for which a change is tried while others change it too.
const PATIENCE: Duration = Duration::from_secs(60);

/// Artifacts by program, version of the program and model, with versions, promotion and rollback. A clone is
/// the same store.
///
/// [`Store::open`] keeps them in a [`Directory`]; [`Store::new`] takes any [`ArtifactStore`]. Several processes
/// may use one store at once. All of it blocks for as long as small files take; a writer waits for others.
///
/// # Example
///
/// ```no_run
/// use dspy::release::Store;
/// # use dspy::{Compiled, Context, Module, Result, Verdict, module::Build};
/// # fn release<Support: Module + Build>(compiled: Compiled<Support>, verdict: Verdict, cx: Context) -> Result<()> {
/// let store = Store::open("artifacts")?;
/// let release = store.add(&compiled.artifact(&verdict)?)?;
/// store.promote(&release)?; // Refused unless the verdict says promote.
/// let artifact = store.current::<Support>(cx.lm().id())?;
/// let program = artifact.apply(Support::build(), &cx)?;
/// println!("{}", store.matrix()?);
/// store.rollback(release.key())?; // Back to what was current before.
/// # drop(program);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Store(Arc<dyn ArtifactStore>);

/// The change to make to a version, if any, its state afterwards, and the artifact that comes with it.
struct Next {
    change: Option<Change>,
    kept: VersionEntry,
    artifact: Option<String>,
}

impl Store {
    /// Opens a store in a directory, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// When the path is no directory, or none can be made.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Ok(Self::new(Directory::open(path)?))
    }

    /// A store over a database, an object store, or a [`Directory`] with settings.
    pub fn new(source: impl ArtifactStore + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// Adds an artifact as the next version of its program for its model. It is not current until it is
    /// promoted.
    ///
    /// # Errors
    ///
    /// When the artifact does not record its program's version, something in it looks like a key, or the store
    /// cannot be written.
    pub fn add(&self, artifact: &Artifact) -> Result<Release> {
        let key = Key::of(artifact)?;
        let text = artifact.to_json()?;
        let content = Artifact::parse(&text)?.content().to_owned();
        let (decision, score) = Verdict::recorded(artifact);
        self.change(&key, |shelf| {
            let version = shelf.versions.last().map_or(0, |last| last.version) + 1;
            let kept = VersionEntry { version, revision: 0, content: content.clone(), decision, score };
            Ok(Next { change: Some(Change::Added { decision, score }), kept, artifact: Some(text.clone()) })
        })
    }

    /// Gives a version a verdict: the same states, with the verdict and its scores in the provenance. What is
    /// current stays so, whatever the verdict says.
    ///
    /// # Errors
    ///
    /// When the store has no such version, its artifact is damaged, or the store cannot be written.
    pub fn judge(&self, release: &Release, verdict: &Verdict) -> Result<Release> {
        let key = release.key();
        self.change(key, |shelf| {
            let before = kept(shelf, release)?;
            let artifact = self.read(key, before)?;
            let mut provenance = artifact.provenance().clone();
            verdict.record(&mut provenance)?;
            let artifact = artifact.with_provenance(provenance);
            let text = artifact.to_json()?;
            let content = Artifact::parse(&text)?.content().to_owned();
            let (decision, score) = Verdict::recorded(&artifact);
            let revision = before.revision + 1;
            let kept = VersionEntry { revision, content, decision, score, ..before.clone() };
            Ok(Next {
                change: Some(Change::Judged { decision, score, revision }),
                kept,
                artifact: Some(text),
            })
        })
    }

    /// Makes a version current, if its verdict says promote. Nothing happens if it is current.
    ///
    /// # Errors
    ///
    /// When its verdict is another or there is none, its artifact is damaged, the store has no such version, or
    /// cannot be written.
    pub fn promote(&self, release: &Release) -> Result<Release> {
        self.make_current(release, &Change::Promoted, |kept| match kept.decision {
            Some(Decision::Promote) => Ok(()),
            other => {
                let verdict = other.map_or_else(
                    || "no gate has judged it: give it a verdict with `judge`".to_owned(),
                    |other| format!("its verdict is `{other}`"),
                );
                let message = format!(
                    "{release} is not promoted: {verdict}; `promote_anyway` does it, and keeps the reason"
                );
                Err(Error::new(ErrorKind::Artifact, message))
            }
        })
    }

    /// Makes a version current whatever its verdict says; the reason is in the history. Nothing happens if it
    /// is current.
    ///
    /// # Errors
    ///
    /// When the reason is empty, the artifact is damaged, the store has no such version, or cannot be written.
    pub fn promote_anyway(&self, release: &Release, reason: impl Into<String>) -> Result<Release> {
        let reason = reason.into();
        if reason.trim().is_empty() {
            let message = format!("{release} is not promoted: say why it is to be current anyway");
            return Err(Error::new(ErrorKind::Artifact, message));
        }
        self.make_current(release, &Change::PromotedAnyway { reason }, |_| Ok(()))
    }

    /// Makes current what was so before the present version was promoted, and gives it back. Once more goes
    /// further back.
    ///
    /// # Errors
    ///
    /// When nothing was current before, its artifact is damaged, or the store cannot be written.
    pub fn rollback(&self, key: &Key) -> Result<Release> {
        self.change(key, |shelf| {
            let before = shelf.before.last().and_then(|version| shelf.version(*version));
            let before = before.ok_or_else(|| {
                let message = match shelf.current {
                    Some(current) => {
                        format!("there is nothing to go back to: version {current} of {key} was the first to be current")
                    }
                    None => format!("there is nothing to go back from: no version of {key} is current"),
                };
                Error::new(ErrorKind::Artifact, message)
            })?;
            self.read(key, before)?;
            Ok(Next { change: Some(Change::RolledBack), kept: before.clone(), artifact: None })
        })
    }

    /// The artifact that production loads: the current one of this program for this model.
    ///
    /// # Errors
    ///
    /// When there is none; the error lists which models and versions of the program there are. When the file is
    /// damaged.
    pub fn current<M: Module + Build>(&self, model: &ModelId) -> Result<Artifact> {
        self.current_of(&M::build(), model)
    }

    /// Returns the current artifact of a program that is made by hand.
    ///
    /// # Errors
    ///
    /// As [`Store::current`].
    pub fn current_of<M: Module>(&self, program: &M, model: &ModelId) -> Result<Artifact> {
        let release = self.current_release(&Key::of_program(program, model))?;
        self.artifact(&release)
    }

    /// The release that is current.
    ///
    /// # Errors
    ///
    /// As [`Store::current`].
    pub fn current_release(&self, key: &Key) -> Result<Release> {
        let shelf = self.0.shelf(key)?;
        current(key, shelf.as_ref()).ok_or_else(|| missing::error(&*self.0, key, shelf.as_ref()))
    }

    /// The release that is current, if one is.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn find_current(&self, key: &Key) -> Result<Option<Release>> {
        Ok(current(key, self.0.shelf(key)?.as_ref()))
    }

    /// The artifact of a release, as it was when the release was given.
    ///
    /// # Errors
    ///
    /// When its file is gone or damaged.
    pub fn artifact(&self, release: &Release) -> Result<Artifact> {
        self.read(release.key(), release.kept())
    }

    /// Returns all versions of a key, from 1; none where there is no such key.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn releases(&self, key: &Key) -> Result<Vec<Release>> {
        let shelf = self.0.shelf(key)?;
        Ok(shelf.iter().flat_map(|shelf| &shelf.versions).map(|kept| Release::new(key, kept)).collect())
    }

    /// Returns the keys that have versions.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn keys(&self) -> Result<Vec<Key>> {
        self.0.keys()
    }

    /// Returns the changes to the versions of a key, from the first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or the history is damaged.
    pub fn history(&self, key: &Key) -> Result<Vec<Event>> {
        self.0.events(key)
    }

    /// Returns the current version of each program for each model.
    ///
    /// # Errors
    ///
    /// When the store cannot be read.
    pub fn matrix(&self) -> Result<Matrix> {
        let mut shelves = Vec::new();
        for key in self.0.keys()? {
            shelves.extend(self.0.shelf(&key)?);
        }
        shelves.sort_by_key(|shelf| {
            (
                shelf.key.program().to_owned(),
                shelf.key.program_version().to_owned(),
                shelf.key.model().to_string(),
            )
        });
        Ok(Matrix::new(shelves))
    }

    fn make_current(
        &self,
        release: &Release,
        change: &Change,
        allowed: impl Fn(&VersionEntry) -> Result<()>,
    ) -> Result<Release> {
        let key = release.key();
        self.change(key, |shelf| {
            let kept = kept(shelf, release)?;
            if shelf.current == Some(kept.version) {
                return Ok(Next { change: None, kept: kept.clone(), artifact: None });
            }
            allowed(kept)?;
            // What production could not load must not become current.
            self.read(key, kept)?;
            Ok(Next { change: Some(change.clone()), kept: kept.clone(), artifact: None })
        })
    }

    /// Does the next step of a key, again whenever someone else was first.
    fn change(&self, key: &Key, next: impl Fn(&Shelf) -> Result<Next>) -> Result<Release> {
        let begun = Instant::now();
        loop {
            let mut shelf = self.0.shelf(key)?.unwrap_or_else(|| Shelf::new(key.clone()));
            let Next { change, kept, artifact } = next(&shelf)?;
            let Some(change) = change else { return Ok(Release::new(key, &kept)) };
            let event = Event {
                sequence: shelf.sequence + 1,
                time: clock::now(),
                change,
                version: kept.version,
                content: kept.content.clone(),
                previous: shelf.current,
            };
            shelf.apply(&event).map_err(|why| Error::new(ErrorKind::Artifact, format!("{key}: {why}")))?;
            if self.0.commit(&shelf, &event, artifact.as_deref())? {
                return Ok(Release::new(key, &kept));
            }
            if begun.elapsed() > PATIENCE {
                let message = format!("others changed {key} all the time; try again");
                return Err(Error::new(ErrorKind::Io, message));
            }
        }
    }

    /// Reads an artifact, if it is what the store says that it is.
    fn read(&self, key: &Key, kept: &VersionEntry) -> Result<Artifact> {
        let damaged = |why: &str| {
            let message = format!(
                "version {} of {key} is damaged: {why}; restore its file, or go back to another version with `rollback`",
                kept.version
            );
            Error::new(ErrorKind::Artifact, message)
        };
        let text = self.0.text(key, kept).map_err(|error| damaged(&format!("{error:#}")))?;
        let artifact = Artifact::parse(&text).map_err(|error| damaged(&format!("{error:#}")))?;
        if artifact.content() != kept.content {
            return Err(damaged("it is another artifact than the one that was added"));
        }
        Ok(artifact)
    }
}

fn current(key: &Key, shelf: Option<&Shelf>) -> Option<Release> {
    let current = shelf.and_then(|shelf| shelf.version(shelf.current?))?;
    Some(Release::new(key, current))
}

fn kept<'a>(shelf: &'a Shelf, release: &Release) -> Result<&'a VersionEntry> {
    shelf.version(release.version()).ok_or_else(|| {
        Error::new(ErrorKind::Artifact, format!("the store has no {release}; add its artifact first"))
    })
}
