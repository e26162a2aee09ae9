//! Pydantic's Python, in worker processes.

mod session;
mod value;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Interpreter, Limits, Session, dialect};
use crate::error::Result;
use session::MontySession;
use worker::{Settings, Workers};

/// Runs code by `monty`, the Python of Pydantic, in worker processes that are killed and replaced when they misbehave.
///
/// It knows more of the language than the embedded `Python`:
/// classes, decorators, `with`, dates; the [table](crate::code#the-two-pythons) says what each refuses.
///
/// # The worker
///
/// It is a program of its own, `monty`, and has to be installed in the version that this crate speaks to, 0.0.23:
///
/// ```console
/// $ pip install pydantic-monty-runtime==0.0.23
/// $ cargo install monty-runtime@0.0.23 --locked
/// ```
///
/// Either of them. It is looked for at [`worker`](Self::worker), in the variable `MONTY_BIN`, and on the `PATH`; where
/// there is none, opening a session is an error that says so. It is started with an empty environment. Each session
/// takes a worker from its first run until it is dropped, then the worker is free for others, without what it held.
///
/// # What holds
///
/// Code reaches no file, network, environment, clock or process, only the functions that the [`Host`](super::Host)
/// gives. Limits hold from outside: [`time`](Limits::time), [`output`](Limits::output) and [`calls`](Limits::calls) are
/// watched in this process, and the worker that goes beyond is killed; [`memory`](Limits::memory) is that of the
/// worker's allocator, and this process takes up to as much for what the worker sends. A worker that dies, by a fault of
/// its own or a signal from outside, is an error of kind `WorkerError` in the [`Execution`](super::Execution), and
/// nothing else is harmed.
///
/// A session whose worker was lost goes on with a new one, in which the inputs are set again and no other variable is
/// left; the error says so. [`Limits::calls`] and [`Limits::recursion`] alone leave the variables as they are, and code
/// can catch the latter, as in any Python. The value of a last expression that is an object of a class is shown by its
/// attributes, and not by its `__repr__`.
///
/// # What means something else
///
/// Most of what 0.0.23 does not know is an error. Some of it is another value, of which no error tells: a generator
/// expression is a list at once; `round(2.675, 2)` is 2.68, where CPython rounds what the number really is, to 2.67; a
/// quotient of whole numbers that no float holds is 0.0; of equal keys, a dictionary keeps the last. The
/// tests list all that they find beside CPython.
///
/// # Cost
///
/// A worker takes some 10 MB and starts in milliseconds; a session in a running one opens in less than one. Workers
/// belong to the tokio runtime in which they were first used, which must have its I/O and time enabled; clones share
/// them.
///
/// # Example
///
/// ```
/// use dspy::code::{Interpreter, Limits, Monty, NoFunctions};
/// use dspy::data::Record;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let monty = Monty::new().processes(4);
/// # if monty.version().is_none() {
/// #     return Ok(());
/// # }
/// let mut session = monty.open(&Limits::default())?;
/// let code = "class Parcel:\n    def __init__(self, to):\n        self.to = to\nParcel(place).to.upper()";
/// let inputs = Record::from_iter([("place", "Lyon")]);
/// let ran = session.run(code, inputs, &NoFunctions).await?;
/// assert_eq!(ran.value.as_deref(), Some("'LYON'"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Monty {
    workers: Arc<Workers>,
}

impl Monty {
    /// Workers of the program that is found, at most 16 at the same time.
    #[must_use]
    pub fn new() -> Self {
        Self::of(Settings::default())
    }

    fn of(settings: Settings) -> Self {
        Self { workers: Arc::new(Workers::new(settings)) }
    }

    /// Sets the worker program; by default the one that `MONTY_BIN` names, or else `monty` on the `PATH`.
    #[must_use]
    pub fn worker(self, program: impl Into<PathBuf>) -> Self {
        Self::of(Settings { program: Some(program.into()), ..self.workers.settings().clone() })
    }

    /// Sets the most workers at the same time, at least one; 16 by default. They are started as they are needed.
    /// Sessions beyond wait for one.
    #[must_use]
    pub fn processes(self, most: usize) -> Self {
        Self::of(Settings { processes: most.max(1), ..self.workers.settings().clone() })
    }

    /// Sets the longest time that a session waits for a worker; 60 s by default. Then its run is an error.
    #[must_use]
    pub fn wait(self, longest: Duration) -> Self {
        Self::of(Settings { wait: longest, ..self.workers.settings().clone() })
    }

    /// Returns the version of the worker program that is found, if it is one; asks the program by starting it.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::code::Monty;
    ///
    /// assert_eq!(Monty::new().worker("/no/such/program").version(), None);
    /// ```
    pub fn version(&self) -> Option<String> {
        worker::version(&self.workers.program().ok()?)
    }

    /// Returns whether the worker that is found is of the version that this crate speaks to.
    #[cfg(feature = "python")]
    pub(super) fn is_found(&self) -> bool {
        self.version().is_some_and(|version| version == monty_types::MONTY_VERSION)
    }
}

impl Default for Monty {
    fn default() -> Self {
        Self::new()
    }
}

impl Interpreter for Monty {
    fn language(&self) -> &str {
        "Python"
    }

    fn manual(&self) -> &str {
        dialect::MONTY.manual()
    }

    fn open(&self, limits: &Limits) -> Result<Box<dyn Session>> {
        self.workers.program()?;
        Ok(Box::new(MontySession::new(self.workers.clone(), limits.clone())))
    }
}
