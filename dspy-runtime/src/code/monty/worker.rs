//! The worker program, and the pools of its processes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use monty_pool::{Checkout, Pool, PoolConfig, PoolError, ReplConfig};
use monty_types::MONTY_VERSION;
use tokio::runtime::{Handle, Id};

use crate::error::{Error, ErrorKind, Result};

/// The settings of a user.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) program: Option<PathBuf>,
    pub(super) processes: usize,
    pub(super) wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { program: None, processes: 16, wait: Duration::from_secs(60) }
    }
}

/// The workers of one interpreter.
pub(super) struct Workers {
    settings: Settings,
    /// A pool for each runtime: its pipes end with the runtime in which they were opened.
    pools: Mutex<Vec<(Id, Arc<Pool>)>>,
}

/// The most runtimes whose workers are kept. One that is over cannot be told from one that rests.
const MOST_RUNTIMES: usize = 4;

impl Workers {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, pools: Mutex::default() }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The worker program.
    pub(super) fn program(&self) -> Result<PathBuf> {
        let named =
            self.settings.program.clone().or_else(|| std::env::var_os("MONTY_BIN").map(PathBuf::from));
        let found = match named {
            Some(program) if program.is_file() => return Ok(program),
            Some(program) => format!("there is no file {}", program.display()),
            None => match on_path() {
                Some(program) => return Ok(program),
                None => "no program `monty` is on the PATH, and MONTY_BIN is not set".to_owned(),
            },
        };
        Err(Error::new(
            ErrorKind::NotConfigured,
            format!("the worker of `Monty` is missing: {found}; {}", advice()),
        ))
    }

    /// Takes a worker for a session.
    pub(super) async fn checkout(&self, repl: &ReplConfig) -> Result<Checkout> {
        let runtime = Handle::try_current().map_err(|_| {
            Error::new(ErrorKind::Code, "`Monty` runs in a tokio runtime, and there is none here")
        })?;
        let pool = self.pool(runtime.id()).await?;
        let mut died = 0;
        loop {
            match pool.checkout(repl).await {
                Ok(checkout) => return Ok(checkout),
                // Workers that have died while they were idle are found only now.
                Err(PoolError::Crashed { .. }) if died < self.settings.processes => died += 1,
                Err(error) => return Err(self.refused(&error)),
            }
        }
    }

    async fn pool(&self, runtime: Id) -> Result<Arc<Pool>> {
        let known = |pools: &Vec<(Id, Arc<Pool>)>| {
            pools.iter().find(|(id, _)| *id == runtime).map(|(_, pool)| pool.clone())
        };
        if let Some(pool) = known(&self.pools.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(pool);
        }
        let mut config = PoolConfig::subprocess(self.program()?);
        config.min_processes = 0;
        config.max_processes = self.settings.processes;
        config.checkout_timeout = Some(self.settings.wait);
        let made = Arc::new(Pool::new(config).await.map_err(|error| self.refused(&error))?);
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pool) = known(&pools) {
            return Ok(pool);
        }
        if pools.len() >= MOST_RUNTIMES {
            pools.remove(0);
        }
        pools.push((runtime, made.clone()));
        Ok(made)
    }

    /// Reports that there is no worker for a session.
    fn refused(&self, error: &PoolError) -> Error {
        let Settings { processes, wait, .. } = self.settings;
        let message = match error {
            PoolError::Exhausted => format!(
                "all {processes} workers of `Monty` were taken for {wait:?}; allow more by `Monty::processes`, or fewer \
                 programs at a time"
            ),
            error => format!("no worker of `Monty` could be started: {error}; {}", advice()),
        };
        Error::new(ErrorKind::Code, message)
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn advice() -> String {
    format!(
        "install version {MONTY_VERSION} by `pip install pydantic-monty-runtime=={MONTY_VERSION}` or `cargo install \
         monty-runtime@{MONTY_VERSION} --locked`, and put `monty` on the PATH or name it in MONTY_BIN"
    )
}

fn on_path() -> Option<PathBuf> {
    let name = format!("monty{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(&name)).find(|file| file.is_file())
}

/// The version that a program says it is, if it is a worker.
pub(super) fn version(program: &Path) -> Option<String> {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stderr(Stdio::null());
    let said = command.output().ok().filter(|said| said.status.success())?;
    let said = String::from_utf8(said.stdout).ok()?;
    said.trim().strip_prefix("monty-runtime ").map(str::to_owned)
}
