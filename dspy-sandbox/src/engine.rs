//! Runs pieces of code one after the other.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Map, Value as Json};

use crate::machine::{Link, Machine};
use crate::stop::{Run, Stop};
use crate::value::Value;
use crate::{HostError, Limit, Limits, memory, parser};

/// The size of the stack that a level of a program may take.
const LEVEL_BYTES: usize = 12 * 1024;

/// Runs pieces of code that share their variables.
///
/// It counts what the values of its thread take, so there is one in a thread at a time, and it stays in it.
pub struct Engine {
    limits: Limits,
    machine: Option<Machine>,
}

/// An order to run code.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The code.
    pub code: String,
    /// Variables that are set before.
    pub inputs: Map<String, Json>,
    /// The names of the host's functions.
    pub functions: Vec<String>,
    /// Stops the run once it is set.
    pub cancelled: Arc<AtomicBool>,
}

/// The printed output of a run, and its end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Execution {
    /// The printed text, up to the end or the failure.
    pub printed: String,
    /// The value of the last expression as Python writes it, if the code ends with one that has a value.
    pub value: Option<String>,
    /// The value that the host took as the answer.
    pub submitted: Option<Json>,
    /// The failure, if there was one.
    pub failure: Option<Failure>,
}

/// A failure in code. Lines count from 1; there is none where it is not in this code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A limit was met.
    Limit(Limit, Option<u32>),
    /// An exception that nothing caught.
    Raised {
        /// Its class: `ZeroDivisionError`.
        kind: String,
        /// The message.
        message: String,
        /// The line where it was raised.
        line: Option<u32>,
    },
}

/// The reason a run did not end by itself.
#[derive(Debug)]
pub enum Interruption {
    /// It was [cancelled](Order::cancelled).
    Cancelled,
    /// A function of the host failed.
    Host(HostError),
    /// The memory limit leaves no room for anything.
    NoRoom,
}

impl Order {
    /// Code without inputs and functions.
    #[must_use]
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), ..Self::default() }
    }
}

impl Engine {
    /// An engine in which no variable is set.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        memory::begin(limits.memory);
        Self { limits, machine: None }
    }

    /// Returns the size of the stack of its thread, so that no program can use it up.
    #[must_use]
    pub fn stack_bytes(limits: &Limits) -> usize {
        levels(limits) * LEVEL_BYTES + (4 << 20)
    }

    /// Sets the inputs as variables and runs the code.
    ///
    /// # Errors
    ///
    /// When the run was cancelled, or cannot go on for a reason that no code can repair.
    pub fn run(&mut self, order: Order, link: impl Link + 'static) -> Result<Execution, Interruption> {
        if self.machine.is_none() {
            self.machine = Machine::new(self.limits.clone(), levels(&self.limits)).ok();
        }
        let Some(machine) = &mut self.machine else { return Err(Interruption::NoRoom) };
        let Order { code, inputs, functions, cancelled } = order;
        machine.begin(cancelled);
        machine.hosts = functions.into_iter().map(|name| (name.into(), ())).collect();
        machine.link = Some(Box::new(link));
        let done = run(machine, &code, inputs);
        machine.link = None;
        done
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(mut machine) = self.machine.take() {
            machine.hosts = HashMap::new();
            memory::end();
        }
        memory::end();
    }
}

fn levels(limits: &Limits) -> usize {
    limits.recursion.saturating_mul(16).saturating_add(600).min(100_000)
}

/// Runs a program and says what came of it.
fn run(machine: &mut Machine, code: &str, inputs: Map<String, Json>) -> Result<Execution, Interruption> {
    let ended = set(machine, inputs).and_then(|()| {
        let block = parser::program(code, machine.run)?;
        machine.program(&block)
    });
    let shown = ended.and_then(|value| match value {
        Value::None => Ok(None),
        value => {
            let text = machine.repr(&value)?;
            // What is shown counts as what is printed does.
            machine.print("").and_then(|()| {
                if machine.printed.len() + text.len() > machine.limits.output {
                    return Err(Stop::Limit(Limit::Output));
                }
                Ok(Some(text))
            })
        }
    });
    let mut ran = Execution::default();
    match shown {
        Ok(value) => ran.value = value,
        Err(Stop::Finish(value)) => ran.submitted = Some(value),
        Err(Stop::Host(error)) => return Err(Interruption::Host(error)),
        Err(Stop::Cancelled) => return Err(Interruption::Cancelled),
        Err(Stop::Limit(limit)) => {
            let line = (machine.code == machine.run).then_some(machine.line).filter(|line| *line > 0);
            ran.failure = Some(Failure::Limit(limit, line));
        }
        Err(Stop::Raise(exception)) => {
            machine.scope = machine.globals.clone();
            let message = match machine.text(&Value::Exception(exception.clone())) {
                Ok(message) => message,
                Err(_) => "its message is too large to be shown".to_owned(),
            };
            let (kind, line) = (exception.kind.to_owned(), exception.line.get());
            ran.failure = Some(Failure::Raised { kind, message, line });
        }
    }
    ran.printed = std::mem::take(&mut machine.printed);
    Ok(ran)
}

/// Gives variables their values.
fn set(machine: &mut Machine, inputs: Map<String, Json>) -> Run<()> {
    for (name, value) in inputs {
        let value = machine.of_json(value)?;
        machine.globals.set(&(*name).into(), value)?;
    }
    Ok(())
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("the run was cancelled"),
            Self::Host(error) => error.fmt(f),
            Self::NoRoom => f.write_str("the memory limit leaves no room for a session"),
        }
    }
}

impl std::error::Error for Interruption {}
