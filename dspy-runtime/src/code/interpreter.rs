//! The interpreter that runs code.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, FutureExt, ready};
use serde_json::{Map, Value};

use super::Execution;
use crate::error::Result;
use crate::value::Record;

/// A language that models write code in, and what runs it.
///
/// `Python`, with the feature `python`, is one, and `Monty`, with the feature `monty`, another. Implement it for a sandbox of
/// your own: a container, another language, a service. It must let code do nothing but compute and call the functions of the
/// [`Host`].
///
/// # Example
///
/// A language of sums, in which `2 + 3` is a program:
///
/// ```
/// use dspy::code::{Execution, Host, Interpreter, Limits, NoFunctions, Session};
/// use dspy::data::Record;
/// use dspy::Result;
/// use futures_util::future::{BoxFuture, FutureExt};
///
/// #[derive(Debug)]
/// struct Sums;
///
/// impl Interpreter for Sums {
///     fn language(&self) -> &str {
///         "Sums"
///     }
///
///     fn manual(&self) -> &str {
///         "The code is whole numbers with + between them."
///     }
///
///     fn open(&self, _: &Limits) -> Result<Box<dyn Session>> {
///         Ok(Box::new(Sums))
///     }
/// }
///
/// impl Session for Sums {
///     fn run<'a>(&'a mut self, code: &'a str, _: Record, _: &'a dyn Host) -> BoxFuture<'a, Result<Execution>> {
///         let terms: Result<Vec<i64>, _> = code.split('+').map(|term| term.trim().parse()).collect();
///         let ran = match terms {
///             Ok(terms) => Execution::value(terms.iter().sum::<i64>().to_string()),
///             Err(_) => Execution::failed("SyntaxError", "only whole numbers and + are known"),
///         };
///         async move { Ok(ran) }.boxed()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let mut session = Sums.open(&Limits::default())?;
/// assert_eq!(session.run("2 + 3", Record::new(), &NoFunctions).await?.value.as_deref(), Some("5"));
/// # Ok(())
/// # }
/// ```
pub trait Interpreter: Send + Sync + fmt::Debug {
    /// Returns the name of the language for models: `Python`.
    fn language(&self) -> &str;

    /// Returns the manual for models: which part of the language there is, and what they will see of a run.
    fn manual(&self) -> &str;

    /// Opens a session, in which no variable is set.
    ///
    /// # Errors
    ///
    /// When no session can be opened.
    fn open(&self, limits: &Limits) -> Result<Box<dyn Session>>;
}

impl<I: Interpreter + ?Sized> Interpreter for Arc<I> {
    fn language(&self) -> &str {
        (**self).language()
    }

    fn manual(&self) -> &str {
        (**self).manual()
    }

    fn open(&self, limits: &Limits) -> Result<Box<dyn Session>> {
        (**self).open(limits)
    }
}

/// Pieces of code that are run one after the other and share their variables; see [`Interpreter`].
pub trait Session: Send + fmt::Debug {
    /// Sets the inputs as variables and runs code.
    ///
    /// Errors in the code, limits included, are part of the result, for the model to repair. A run whose
    /// future is dropped stops.
    ///
    /// # Errors
    ///
    /// When a function of the host fails for a reason that no code can repair, as a spent budget, and when
    /// the session itself is broken.
    fn run<'a>(
        &'a mut self,
        code: &'a str,
        inputs: Record,
        host: &'a dyn Host,
    ) -> BoxFuture<'a, Result<Execution>>;
}

/// The functions that code may call: its only way to anything outside; see [`Interpreter`].
pub trait Host: Send + Sync {
    /// Their names.
    fn functions(&self) -> Vec<String>;

    /// Calls one, with arguments by position and by name. The code waits for it; the time that it takes is not the
    /// code's.
    ///
    /// # Errors
    ///
    /// When something is wrong that no code can repair: the run ends with it.
    fn call<'a>(
        &'a self,
        name: &'a str,
        args: Vec<Value>,
        named: Map<String, Value>,
    ) -> BoxFuture<'a, Result<HostReply>>;
}

/// The result of a call of a [`Host`]'s function.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum HostReply {
    /// The value of the call.
    Value(Value),
    /// An exception with this message, which the code may handle.
    Raise(String),
    /// The run is over, and this is its answer.
    Finish(Value),
}

/// A [`Host`] without functions.
///
/// # Example
///
/// ```
/// use dspy::code::{Host, NoFunctions};
///
/// assert!(NoFunctions.functions().is_empty());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFunctions;

impl Host for NoFunctions {
    fn functions(&self) -> Vec<String> {
        Vec::new()
    }

    fn call<'a>(
        &'a self,
        name: &'a str,
        _: Vec<Value>,
        _: Map<String, Value>,
    ) -> BoxFuture<'a, Result<HostReply>> {
        ready(Ok(HostReply::Raise(format!("there is no function {name}")))).boxed()
    }
}

/// The limits of a run of code.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use dspy::code::Limits;
///
/// let limits = Limits { time: Duration::from_secs(2), ..Limits::default() };
/// assert_eq!(limits.memory, 256 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest time one run may compute, without the calls of the host's functions; 10 seconds by
    /// default. A session of `Monty` begins anew after it.
    pub time: Duration,
    /// The most bytes that all values of a session may take, the inputs too; 256 MiB by default.
    pub memory: usize,
    /// The deepest nesting of calls of functions; 200 by default. The embedded Python reserves stack
    /// for as many, and stops at about 5,000 whatever is set. Code of `Monty` can catch this one.
    pub recursion: usize,
    /// The most bytes that one run may print; 1 MiB by default.
    pub output: usize,
    /// The most calls of the host's functions that one run may make; 1,000 by default.
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            memory: 256 << 20,
            recursion: 200,
            output: 1 << 20,
            calls: 1_000,
        }
    }
}

fn _is_object_safe(_: Box<dyn Interpreter>, _: Box<dyn Session>, _: &dyn Host) {}
