//! The state that commands work with: the program, its data, the model, and the folders.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::Contextual;
use super::args::{Globals, Which};
use super::bench::{Bench, Data, How};
use crate::artifact::Artifact;
use crate::batched::Batched;
use crate::cache::{Cache, Cached};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::Lm;
use crate::module::Module;
use crate::release::{Key, Release, Store};
use crate::value::Prepare;

/// The model that runs where none is named.
const BUILT_IN: &str = "builtin/lexical";

/// One command line's worth of an app.
pub(super) struct Session<'a, P: Module> {
    pub(super) program: &'a P,
    pub(super) bench: Option<&'a dyn Bench<P>>,
    pub(super) globals: Globals,
    pub(super) folders: Folders,
    /// The model that is asked in batches, once it was.
    pub(super) batched: OnceLock<Lm>,
    pub(super) context: Option<&'a Contextual>,
    pub(super) prepare: Option<&'a Prepare>,
    /// The description of the program in the help, where one was given.
    #[cfg(feature = "mcp")]
    pub(super) about: Option<&'a str>,
}

/// The folders of the program.
pub(super) struct Folders {
    pub(super) data: Option<PathBuf>,
    pub(super) store: PathBuf,
    pub(super) scratch: PathBuf,
}

/// A program with the states of a version.
pub(super) struct Versioned<P> {
    pub(super) program: P,
    /// `baseline`, `version 3`, or a path.
    pub(super) name: String,
    pub(super) artifact: Option<Artifact>,
}

impl<'a, P: Module> Session<'a, P> {
    /// The data, which is read now.
    pub(super) fn data(&self) -> Result<Box<dyn Data<P> + 'a>> {
        let bench = self.bench()?;
        let Some(path) = &self.folders.data else {
            let message = "where is the data? Give `--data PATH`: a folder with train, validation and test files, or one file";
            return Err(Error::new(ErrorKind::NotConfigured, message));
        };
        bench.open(path)
    }

    /// The metric with its settings.
    pub(super) fn bench(&self) -> Result<&'a dyn Bench<P>> {
        self.bench.ok_or_else(|| {
            let message = "this needs a metric, and the program was made without: `App::new(…).metric(…)`";
            Error::new(ErrorKind::NotConfigured, message)
        })
    }

    /// The context that calls are made in. Replies are kept and taken from the cache where that saves
    /// something, which with the built-in model it does not.
    pub(super) fn cx(&self) -> Result<Context> {
        self.context_of(true)
    }

    /// Builds it without a cache, for calls whose latency counts or that others have to repeat.
    #[cfg(any(feature = "mcp", feature = "serve"))]
    pub(super) fn uncached(&self) -> Result<Context> {
        self.context_of(false)
    }

    fn context_of(&self, cached: bool) -> Result<Context> {
        let mut lm = match self.globals.batches {
            true => self.batched()?,
            false => Lm::new(&self.model())?,
        };
        if cached && !self.globals.no_cache && lm.id().provider() != "builtin" {
            lm = Lm::from(Cached::new(lm, &self.cache()?));
        }
        let cx = match self.context {
            Some(context) => context(lm),
            None => Context::new(lm),
        };
        let cx = self.globals.adapter.map_or(cx.clone(), |adapter| adapter.set(&cx));
        Ok(match self.globals.temperature {
            Some(temperature) => cx.with_temperature(temperature),
            None => cx,
        })
    }

    /// The model that is asked in batches, one for all contexts, as it alone has their journal.
    fn batched(&self) -> Result<Lm> {
        if let Some(lm) = self.batched.get() {
            return Ok(lm.clone());
        }
        let lm = Lm::from(Batched::new(Lm::new(&self.model())?, self.scratch("batches"))?);
        Ok(self.batched.get_or_init(|| lm).clone())
    }

    /// Returns the model that was asked for.
    fn model(&self) -> String {
        let variable = || std::env::var("DSPY_MODEL").ok().filter(|name| !name.is_empty());
        self.globals.model.clone().or_else(variable).unwrap_or_else(|| BUILT_IN.to_owned())
    }

    /// Says which program runs on what, and how another model is had where none was asked for.
    pub(super) fn announce(&self, what: impl std::fmt::Display, cx: &Context) {
        let hint =
            if self.model() == BUILT_IN { ", built in; --model or DSPY_MODEL names another" } else { "" };
        self.say(format_args!("{what}, with {}{hint}", cx.lm().id()));
    }

    /// Says what is to be known of how replies are drawn, where no result does.
    pub(super) fn note_sampling(&self, cx: &Context) {
        if let Some(note) = cx.settings().unset_temperature() {
            self.say(format_args!("note: {note}"));
        }
    }

    pub(super) fn cache(&self) -> Result<Cache> {
        Cache::open(self.scratch("cache"))
    }

    pub(super) fn store(&self) -> Result<Store> {
        Store::open(&self.folders.store)
    }

    pub(super) fn key(&self, cx: &Context) -> Key {
        Key::of_program(self.program, cx.lm().id())
    }

    pub(super) fn scratch(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.folders.scratch.join(inside)
    }

    /// A place for a file, whose folder is made.
    pub(super) fn place(&self, folder: &str, name: &str) -> Result<PathBuf> {
        let folder = self.scratch(folder);
        std::fs::create_dir_all(&folder).map_err(|error| Error::io("make", &folder, error))?;
        Ok(folder.join(name))
    }

    /// Returns the way rows are run.
    pub(super) fn how(&self) -> How {
        How { concurrency: self.globals.concurrency, progress: !self.globals.quiet }
    }

    /// Says what goes on, for who looks on; never a result.
    pub(super) fn say(&self, text: impl std::fmt::Display) {
        if !self.globals.quiet {
            eprintln!("{}", text.to_string().trim_end());
        }
    }

    /// A version by its number; the newest where none is named.
    pub(super) fn release(&self, cx: &Context, version: Option<u32>) -> Result<Release> {
        let key = self.key(cx);
        let releases = self.store()?.releases(&key)?;
        let found = match version {
            Some(version) => releases.iter().find(|release| release.version() == u64::from(version)),
            None => releases.last(),
        };
        found.cloned().ok_or_else(|| {
            let all: Vec<_> = releases.iter().map(|release| release.version().to_string()).collect();
            let message = match version.filter(|_| !all.is_empty()) {
                Some(version) => {
                    format!("there is no version {version} of {key}; there is {}", all.join(", "))
                }
                None => format!("there is no version of {key} yet: `compile` makes one"),
            };
            Error::new(ErrorKind::Artifact, message)
        })
    }

    /// Returns the released version, if there is one.
    pub(super) fn current(&self, cx: &Context) -> Result<Option<Release>> {
        self.store()?.find_current(&self.key(cx))
    }

    /// The program as a version has it; where none is named what is released, or else the baseline.
    pub(super) fn versioned(&self, cx: &Context, which: Option<&Which>) -> Result<Versioned<P>> {
        let baseline =
            || Versioned { program: self.program.clone(), name: "baseline".to_owned(), artifact: None };
        let release = match which {
            Some(Which::Baseline) => return Ok(baseline()),
            Some(Which::File(path)) => {
                return self.applied(cx, Artifact::load(path)?, path.display().to_string());
            }
            Some(Which::Version(version)) => self.release(cx, Some(*version))?,
            Some(Which::Current) => self.store()?.current_release(&self.key(cx))?,
            None => match self.current(cx)? {
                Some(release) => release,
                None => return Ok(baseline()),
            },
        };
        let artifact = self.store()?.artifact(&release)?;
        self.applied(cx, artifact, format!("version {}", release.version()))
    }

    fn applied(&self, cx: &Context, artifact: Artifact, name: String) -> Result<Versioned<P>> {
        let program = artifact.apply(self.program.clone(), cx)?;
        Ok(Versioned { program, name, artifact: Some(artifact) })
    }
}
