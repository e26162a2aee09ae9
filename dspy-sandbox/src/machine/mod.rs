//! Runs programs.

mod assign;
mod call;
mod compare;
mod comprehension;
mod exec;
mod expr;
pub mod iterate;
mod operate;
mod place;
mod show;

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::ast::Name;
use super::memory;
use super::scope::Scope;
use super::stop::{Run, Stop};
use super::table::{self, Key, PART};
use super::value::Value;
use crate::HostError;
use crate::{Limit, Limits};

/// The result of a call of a host's function.
#[derive(Debug)]
pub enum Reply {
    /// The value of the call.
    Value(serde_json::Value),
    /// An exception with this message, which the code may handle.
    Raise(String),
    /// The run is over, and this is its answer.
    Finish(serde_json::Value),
    /// The run is over, as something is wrong that no code can repair.
    Failed(HostError),
}

/// Calls the host's functions, and waits.
pub trait Link {
    /// Calls one; nothing if no one is left to call it.
    fn call(
        &self,
        name: &str,
        args: Vec<serde_json::Value>,
        named: serde_json::Map<String, serde_json::Value>,
    ) -> Option<Reply>;
}

/// A [`Link`] to nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoLink;

impl Link for NoLink {
    fn call(
        &self,
        name: &str,
        _: Vec<serde_json::Value>,
        _: serde_json::Map<String, serde_json::Value>,
    ) -> Option<Reply> {
        Some(Reply::Raise(format!("there is no function {name}")))
    }
}

/// One session's state, and what the current run may use.
pub struct Machine {
    pub globals: Rc<Scope>,
    pub scope: Rc<Scope>,
    pub limits: Limits,
    pub printed: String,
    pub line: u32,
    /// The number of the current run, and of that which the code that is running was written in.
    pub run: u32,
    pub code: u32,
    pub hosts: HashMap<Name, ()>,
    pub link: Option<Box<dyn Link>>,
    cancelled: Arc<AtomicBool>,
    until: Instant,
    steps: u64,
    check_at: u64,
    host_calls: usize,
    /// The number of bytes of values copied for the host's function that is being called.
    copied: usize,
    calls: Cell<usize>,
    levels: Cell<usize>,
    most_levels: usize,
    /// Exceptions that are being handled, the innermost last.
    handled: Vec<Rc<super::exception::Exception>>,
}

/// The number of steps between two looks at the clock.
const STEPS: u64 = 128;

impl Machine {
    pub fn new(limits: Limits, most_levels: usize) -> Run<Self> {
        let globals = Scope::global()?;
        // The code is the program itself, and no module of one.
        globals.set(&"__name__".into(), Value::text("__main__")?)?;
        Ok(Self {
            scope: globals.clone(),
            globals,
            limits,
            printed: String::new(),
            line: 0,
            run: 0,
            code: 0,
            hosts: HashMap::new(),
            link: None,
            cancelled: Arc::default(),
            until: Instant::now(),
            steps: 0,
            check_at: 0,
            host_calls: 0,
            copied: 0,
            calls: Cell::new(0),
            levels: Cell::new(0),
            most_levels,
            handled: Vec::new(),
        })
    }

    /// Sets everything back that is of one run.
    pub fn begin(&mut self, cancelled: Arc<AtomicBool>) {
        memory::begin(self.limits.memory);
        self.run += 1;
        self.code = self.run;
        self.scope = self.globals.clone();
        self.cancelled = cancelled;
        self.until = Instant::now() + self.limits.time;
        (self.line, self.host_calls) = (0, 0);
        (self.steps, self.check_at) = (0, STEPS);
        self.printed.clear();
        self.handled.clear();
        self.calls.set(0);
        self.levels.set(0);
    }

    /// Counts work, and looks at the clock now and then. A step is about what one operation takes.
    pub fn work(&mut self, steps: usize) -> Run<()> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps >= self.check_at {
            self.check_at = self.steps.saturating_add(STEPS);
            self.check()?;
        }
        Ok(())
    }

    /// Work on so many bytes, 64 of them a step.
    pub fn work_on(&mut self, bytes: usize) -> Run<()> {
        self.work(bytes / 64 + 1)
    }

    fn check(&self) -> Run<()> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Stop::Cancelled);
        }
        if Instant::now() >= self.until { Err(Stop::Limit(Limit::Time)) } else { Ok(()) }
    }

    /// Goes one level deeper into the program.
    pub fn level<T>(&mut self, inside: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        if self.levels.get() >= self.most_levels {
            return Err(Stop::Limit(Limit::Recursion));
        }
        self.levels.set(self.levels.get() + 1);
        let done = inside(self);
        self.levels.set(self.levels.get() - 1);
        done
    }

    /// Prints a text.
    pub fn print(&mut self, text: &str) -> Run<()> {
        self.work_on(text.len())?;
        if self.printed.len() + text.len() > self.limits.output {
            let mut room = self.limits.output.saturating_sub(self.printed.len());
            while !text.is_char_boundary(room) {
                room -= 1;
            }
            self.printed.push_str(text.get(..room).unwrap_or_default());
            return Err(Stop::Limit(Limit::Output));
        }
        self.printed.push_str(text);
        Ok(())
    }

    /// Calls a function of the host. The time that it takes is not the program's.
    pub fn ask(&mut self, name: &Name, args: Vec<Value>, named: Vec<(Name, Value)>) -> Run {
        self.host_calls += 1;
        if self.host_calls > self.limits.calls {
            return Err(Stop::Limit(Limit::Calls));
        }
        self.copied = 0;
        let mut json = Vec::with_capacity(args.len());
        for arg in &args {
            json.push(self.json_of(arg)?);
        }
        let mut map = serde_json::Map::new();
        for (name, value) in &named {
            map.insert(name.to_string(), self.json_of(value)?);
        }
        let began = Instant::now();
        let reply = self.link.as_ref().and_then(|link| link.call(name, json, map));
        self.until += began.elapsed();
        self.check()?;
        match reply {
            None => Err(Stop::Cancelled),
            Some(Reply::Value(value)) => self.of_json(value),
            Some(Reply::Raise(message)) => Err(super::stop::raise("RuntimeError", message)),
            Some(Reply::Finish(value)) => Err(Stop::Finish(value)),
            Some(Reply::Failed(error)) => Err(Stop::Host(error)),
        }
    }

    /// Counts bytes that are copied for the host, where the same value may be in many places.
    fn copy(&mut self, bytes: usize) -> Run<()> {
        self.copied = self.copied.saturating_add(bytes);
        memory::room(self.copied)?;
        self.work_on(bytes)
    }

    /// Makes sure that there is room for a text of so many bytes, and counts the work on it.
    pub fn reserve(&mut self, bytes: usize) -> Run<()> {
        memory::room(bytes)?;
        self.work_on(bytes)
    }

    /// A value as a key, if there is room for it.
    pub fn key(&mut self, value: &Value) -> Run<Key> {
        match value {
            Value::Str(text) => self.work_on(text.len())?,
            Value::Tuple(_) => {
                let most = self.limits.memory / PART;
                let parts = table::parts(value, most, 0);
                memory::room(parts.saturating_mul(PART))?;
                self.work(parts)?;
            }
            _ => {}
        }
        Key::of(value)
    }

    /// Returns the time for which the program may still run.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}
