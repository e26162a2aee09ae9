//! The ready-made command line for your own program, with the feature `app`.
//!
//! ```console
//! $ support plan --budget-calls 2000        # what it would cost, before it costs anything
//! $ support compile --budget-calls 2000 --seed 7      # or --optimizer mipro --auto light
//! $ support gate && support promote         # decided on rows that no search has seen
//! $ support run ticket_text='My parcel never came' policy_context='…'
//! $ support serve                           # over HTTP, with the feature `serve`
//! $ support mcp                             # as a tool of an MCP client, with the feature `mcp`
//! $ support rollback
//! ```
//!
//! `--help` lists every command and every option, and the exit codes that scripts read; `--json` makes the
//! result of any command one JSON document. Results go to standard output, all else to standard error.

mod args;
mod bench;
mod commands;
mod input;
mod outcome;
mod search;
mod session;
mod side_by_side;
mod start;

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;

use self::bench::{Bench, Judging};
use self::search::Optimizers;
use crate::context::Context;
use crate::data::by;
use crate::error::Result;
use crate::evaluate::{AnyMetric, Metric};
use crate::gate::Gate;
use crate::lm::Lm;
use crate::module::Module;
use crate::optimize::{Configure, Optimizer};
use crate::signature::Row;
use crate::value::{Prepare, Record};

/// Your own program as a command line.
///
/// Given a metric it has all commands; without one, those that need no rows: `run`, `map`, `render`, `promote`,
/// `rollback`, `inspect`, `diff`, `history`, `matrix`, `import-dspy`, `export-dspy`, `cache`, `serve`, `mcp`.
///
/// Commands cost LM calls as follows: `run`, each row of `map` and each request of `serve` and `mcp` those of one run, `eval` those of a
/// run for each row, `gate` twice that, `compile` and `resume` at most what `plan` says. All others make none.
/// Replies are kept in a cache (`.dspy/cache`), so that nothing is paid for twice; `serve` and `mcp` do not use it.
///
/// # Example
///
/// ```no_run
/// use std::process::ExitCode;
///
/// use dspy::app::App;
/// use dspy::{Predict, signature};
///
/// /// Name the capital of a country.
/// #[signature]
/// struct Capital {
///     #[input]
///     country: String,
///     /// Its name alone.
///     #[output]
///     capital: String,
/// }
///
/// fn exact(row: &Capital, out: &CapitalOutput) -> bool {
///     row.capital == out.capital
/// }
///
/// #[tokio::main]
/// async fn main() -> ExitCode {
///     App::new(Predict::<Capital>::new()).metric(exact).splits("data/capitals").run().await
/// }
/// ```
pub struct App<P: Module, R = ()> {
    program: P,
    judging: Option<Judged<R, P>>,
    about: Option<String>,
    data: Option<PathBuf>,
    store: PathBuf,
    scratch: PathBuf,
    context: Option<Arc<Contextual>>,
    prepare: Option<Prepare>,
}

/// The metric with its settings, and how it is seen where the type of the rows is not known.
type Judged<R, P> = (Judging<R, P>, fn(&Judging<R, P>) -> &dyn Bench<P>);
/// Makes the context of a model.
type Contextual = dyn Fn(Lm) -> Context + Send + Sync;

impl<P: Module> App<P> {
    /// A command line for a program, in the states that it has as its baseline.
    #[must_use]
    pub fn new(program: P) -> Self {
        Self {
            program,
            judging: None,
            about: None,
            data: None,
            store: "artifacts".into(),
            scratch: ".dspy".into(),
            context: None,
            prepare: None,
        }
    }

    /// Judges by a metric, whose rows are the program's data.
    #[must_use]
    pub fn metric<R, K>(self, metric: impl Metric<R, P::Output, K>) -> App<P, R>
    where
        R: Row,
        R::Input: Into<P::Input>,
        K: 'static,
    {
        let metric = AnyMetric::new(metric);
        let optimizers = Optimizers::of(&metric);
        let Self { program, about, data, store, scratch, context, prepare, .. } = self;
        let judging = Judging { metric, slice: None, gate: None, optimizers };
        let judging: Option<Judged<R, P>> = Some((judging, |judging| judging));
        App { program, judging, about, data, store, scratch, context, prepare }
    }
}

impl<P: Module, R: Row> App<P, R>
where
    R::Input: Into<P::Input>,
{
    /// Also scores each slice of the rows: `.slice(|row| row.kind)`. The gate decides by them, too.
    #[must_use]
    pub fn slice<T: Serialize>(mut self, slice: impl Fn(&R) -> T + Send + Sync + 'static) -> Self {
        if let Some((judging, _)) = &mut self.judging {
            judging.slice = Some(by(slice));
        }
        self
    }

    /// Adjusts the gate: `.gate(|gate| gate.minimum("adversarial", 0.4))`.
    #[must_use]
    pub fn gate(
        mut self,
        adjust: impl Fn(Gate<R, P::Output>) -> Gate<R, P::Output> + Send + Sync + 'static,
    ) -> Self {
        if let Some((judging, _)) = &mut self.judging {
            judging.gate = Some(Arc::new(adjust));
        }
        self
    }

    /// Adds an optimizer with custom settings under a name, which may be that of one of the library's;
    /// the last that is added is the one that `compile` takes by default.
    #[must_use]
    pub fn optimizer<T>(mut self, name: &str, make: impl Fn() -> T + Send + Sync + 'static) -> Self
    where
        T: Optimizer<R, P> + Configure + Send + Sync + 'static,
    {
        if let Some((judging, _)) = &mut self.judging {
            judging.optimizers.add(name, make);
        }
        self
    }

    /// Sets the default data: a folder that holds train, validation and test rows, or one file; see
    /// [`Splits::open`](crate::Splits::open).
    #[must_use]
    pub fn splits(mut self, path: impl AsRef<Path>) -> Self {
        self.data = Some(path.as_ref().to_owned());
        self
    }
}

impl<P: Module, R> App<P, R> {
    /// Sets the description of the program in the help.
    #[must_use]
    pub fn about(mut self, text: impl Into<String>) -> Self {
        self.about = Some(text.into());
        self
    }

    /// Sets the default folder of releases; `artifacts`, which is to be committed with the code.
    #[must_use]
    pub fn store(mut self, path: impl AsRef<Path>) -> Self {
        self.store = path.as_ref().to_owned();
        self
    }

    /// Sets the default folder of the cache, journals, runs and reports; `.dspy`, which is not to be
    /// committed.
    #[must_use]
    pub fn scratch(mut self, path: impl AsRef<Path>) -> Self {
        self.scratch = path.as_ref().to_owned();
        self
    }

    /// Makes the context of the model that was asked for: `.context(|lm| Context::new(lm).with_adapter(JsonAdapter))`.
    #[must_use]
    pub fn context(mut self, context: impl Fn(Lm) -> Context + Send + Sync + 'static) -> Self {
        self.context = Some(Arc::new(context));
        self
    }

    /// Completes inputs of `run`, `map`, `render`, `serve` and `mcp` before they are read, such as with what is retrieved
    /// for them; rows of data are whole.
    #[must_use]
    pub fn prepare(mut self, prepare: impl Fn(&mut Record) -> Result<()> + Send + Sync + 'static) -> Self {
        self.prepare = Some(Arc::new(prepare));
        self
    }

    /// Does what the process's arguments say; the exit code is for `main` to give back.
    pub async fn run(&self) -> ExitCode {
        self.run_from(std::env::args_os()).await
    }

    /// Runs the program with other arguments, the first of which is its name.
    pub async fn run_from(&self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> ExitCode {
        start::start(self, arguments.into_iter().map(Into::into).collect()).await
    }
}

impl<P: Module, R> fmt::Debug for App<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App")
            .field("program", &P::NAME)
            .field("data", &self.data)
            .field("store", &self.store)
            .field("scratch", &self.scratch)
            .finish_non_exhaustive()
    }
}
