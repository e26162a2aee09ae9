//! A session on a thread of its own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::{Map, Value as Json};
use tokio::sync::mpsc as events;

use super::machine::{Link, Machine, Reply};
use super::stop::{Run, Stop};
use super::value::Value;
use super::{memory, parser};
use crate::code::{CodeError, Host, HostReply, Limits, Ran, Session};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Record;

/// How much stack a level of a program may take.
const LEVEL_BYTES: usize = 12 * 1024;

/// What is to be run.
struct Order {
    code: String,
    inputs: Record,
    hosts: Vec<String>,
    cancelled: Arc<AtomicBool>,
    events: events::UnboundedSender<Event>,
}

/// What a run tells.
enum Event {
    Call { name: String, args: Vec<Json>, named: Map<String, Json>, reply: mpsc::Sender<Reply> },
    Done(Result<Ran>),
}

/// A session of the embedded Python.
#[derive(Debug)]
pub struct PythonSession {
    orders: mpsc::Sender<Order>,
}

impl PythonSession {
    pub fn open(limits: Limits) -> Result<Self> {
        let (orders, taken) = mpsc::channel::<Order>();
        let levels = limits.recursion.saturating_mul(16).saturating_add(600).min(100_000);
        std::thread::Builder::new()
            .name("dspy-python".into())
            .stack_size(levels * LEVEL_BYTES + (4 << 20))
            .spawn(move || serve(&taken, &limits, levels))
            .map_err(|error| {
                Error::new(ErrorKind::Io, format!("no thread can be started for Python: {error}"))
                    .with_source(error)
            })?;
        Ok(Self { orders })
    }
}

impl Session for PythonSession {
    fn run<'a>(
        &'a mut self,
        code: &'a str,
        inputs: Record,
        host: &'a dyn Host,
    ) -> BoxFuture<'a, Result<Ran>> {
        async move {
            let (sender, mut events) = events::unbounded_channel();
            let cancel = Cancel(Arc::default());
            let hosts = host.functions();
            let order =
                Order { code: code.to_owned(), inputs, hosts, cancelled: cancel.0.clone(), events: sender };
            self.orders.send(order).map_err(|_| ended())?;
            loop {
                match events.recv().await {
                    Some(Event::Done(ran)) => return ran,
                    Some(Event::Call { name, args, named, reply }) => {
                        let replied = match host.call(&name, args, named).await {
                            Ok(HostReply::Value(value)) => Reply::Value(value),
                            Ok(HostReply::Raise(message)) => Reply::Raise(message),
                            Ok(HostReply::Finish(value)) => Reply::Finish(value),
                            Err(error) => Reply::Failed(error),
                        };
                        // A run that is over does not wait any more; its end is told next.
                        drop(reply.send(replied));
                    }
                    None => return Err(ended()),
                }
            }
        }
        .boxed()
    }
}

fn ended() -> Error {
    Error::new(ErrorKind::Program, "the Python session has ended unexpectedly; open another one")
}

/// Stops a run that nobody waits for any more.
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Tells the host's functions that the program calls.
struct ToHost(events::UnboundedSender<Event>);

impl Link for ToHost {
    fn call(&self, name: &str, args: Vec<Json>, named: Map<String, Json>) -> Option<Reply> {
        let (reply, replied) = mpsc::channel();
        self.0.send(Event::Call { name: name.to_owned(), args, named, reply }).ok()?;
        replied.recv().ok()
    }
}

/// Runs what is ordered until nobody orders any more.
fn serve(orders: &mpsc::Receiver<Order>, limits: &Limits, levels: usize) {
    memory::begin(limits.memory);
    let mut machine = None;
    while let Ok(order) = orders.recv() {
        let Order { code, inputs, hosts, cancelled, events } = order;
        if machine.is_none() {
            machine = Machine::new(limits.clone(), levels).ok();
        }
        let done = match &mut machine {
            Some(machine) => {
                machine.begin(cancelled);
                machine.hosts = hosts.into_iter().map(|name| (name.into(), ())).collect();
                machine.link = Some(Box::new(ToHost(events.clone())));
                let done = run(machine, &code, inputs);
                machine.link = None;
                done
            }
            None => Err(Error::new(ErrorKind::Program, "the memory limit leaves no room for a session")),
        };
        // Nobody may wait for it any more.
        drop(events.send(Event::Done(done)));
    }
    if let Some(mut machine) = machine {
        machine.hosts = HashMap::new();
        memory::end();
        drop(machine);
    }
    memory::end();
}

/// Runs a program and says what came of it.
fn run(machine: &mut Machine, code: &str, inputs: Record) -> Result<Ran> {
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
                    return Err(Stop::Limit(crate::code::Limit::Output));
                }
                Ok(Some(text))
            })
        }
    });
    let mut ran = Ran::default();
    match shown {
        Ok(value) => ran.value = value,
        Err(Stop::Finish(value)) => ran.submitted = Some(value),
        Err(Stop::Host(error)) => return Err(error),
        Err(Stop::Cancelled) => return Err(Error::new(ErrorKind::Cancelled, "the run was given up")),
        Err(Stop::Limit(limit)) => {
            let line = (machine.code == machine.run).then_some(machine.line).filter(|line| *line > 0);
            ran.error = Some(CodeError::of_limit(limit, &machine.limits, line));
        }
        Err(Stop::Raise(exception)) => {
            machine.scope = machine.globals.clone();
            let message = match machine.text(&Value::Exception(exception.clone())) {
                Ok(message) => message,
                Err(_) => "its message is too large to be shown".to_owned(),
            };
            ran.error = Some(CodeError::new(exception.kind, &message, exception.line.get()));
        }
    }
    ran.printed = std::mem::take(&mut machine.printed);
    Ok(ran)
}

/// Gives variables their values.
fn set(machine: &mut Machine, mut inputs: Record) -> Run<()> {
    let names: Vec<String> = inputs.names().map(str::to_owned).collect();
    for name in names {
        let Some(value) = inputs.take(&name) else { continue };
        let value = machine.of_json(value)?;
        machine.globals.set(&(*name).into(), value)?;
    }
    Ok(())
}
