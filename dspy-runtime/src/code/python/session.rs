//! A session on a thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use dspy_sandbox::{Engine, Failure, Interruption, Link, Order, Reply};
use futures_util::future::{BoxFuture, FutureExt};
use serde_json::{Map, Value as Json};
use tokio::sync::mpsc as events;

use crate::code::{CodeError, Execution, Host, HostReply, Limit, Limits, Session, dialect};
use crate::error::{Error, ErrorKind, Result};
use crate::value::Record;

/// An event of a run.
enum Event {
    Call { name: String, args: Vec<Json>, named: Map<String, Json>, reply: mpsc::Sender<Reply> },
    Done(Result<dspy_sandbox::Execution, Interruption>),
}

type Events = events::UnboundedSender<Event>;

/// A session of the embedded Python.
#[derive(Debug)]
pub(super) struct PythonSession {
    limits: Limits,
    orders: mpsc::Sender<(Order, Events)>,
}

impl PythonSession {
    pub(super) fn open(limits: Limits) -> Result<Self> {
        let (orders, taken) = mpsc::channel();
        let most = dspy_sandbox::Limits {
            time: limits.time,
            memory: limits.memory,
            recursion: limits.recursion,
            output: limits.output,
            calls: limits.calls,
        };
        std::thread::Builder::new()
            .name("dspy-sandbox".into())
            .stack_size(Engine::stack_bytes(&most))
            .spawn(move || serve(&taken, most))
            .map_err(|error| {
                Error::new(ErrorKind::Io, "no thread can be started for Python").with_source(error)
            })?;
        Ok(Self { limits, orders })
    }
}

impl Session for PythonSession {
    fn run<'a>(
        &'a mut self,
        code: &'a str,
        inputs: Record,
        host: &'a dyn Host,
    ) -> BoxFuture<'a, Result<Execution>> {
        async move {
            let (sender, mut events) = events::unbounded_channel();
            let cancel = Cancel(Arc::default());
            let mut order = Order::new(code);
            order.inputs = inputs.into();
            order.functions = host.functions();
            order.cancelled = cancel.0.clone();
            self.orders.send((order, sender)).map_err(|_| ended())?;
            loop {
                match events.recv().await {
                    Some(Event::Done(done)) => {
                        return done.map(|ran| told(ran, &self.limits)).map_err(failed);
                    }
                    Some(Event::Call { name, args, named, reply }) => {
                        let replied = match host.call(&name, args, named).await {
                            Ok(HostReply::Value(value)) => Reply::Value(value),
                            Ok(HostReply::Raise(message)) => Reply::Raise(message),
                            Ok(HostReply::Finish(value)) => Reply::Finish(value),
                            Err(error) => Reply::Failed(Box::new(error)),
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
    Error::internal("the Python session has ended unexpectedly; open another one")
}

fn told(ran: dspy_sandbox::Execution, limits: &Limits) -> Execution {
    let error = ran.failure.map(|failure| match failure {
        Failure::Limit(limit, line) => CodeError::of_limit(met(limit), limits, line),
        Failure::Raised { kind, message, line } => {
            CodeError::new(&kind, &dialect::PYTHON.mended(&message), line)
        }
    });
    Execution { printed: ran.printed, value: ran.value, submitted: ran.submitted, error }
}

fn met(limit: dspy_sandbox::Limit) -> Limit {
    match limit {
        dspy_sandbox::Limit::Time => Limit::Time,
        dspy_sandbox::Limit::Memory => Limit::Memory,
        dspy_sandbox::Limit::Recursion => Limit::Recursion,
        dspy_sandbox::Limit::Output => Limit::Output,
        dspy_sandbox::Limit::Calls => Limit::Calls,
    }
}

fn failed(ended: Interruption) -> Error {
    match ended {
        Interruption::Host(error) => error.downcast::<Error>().map_or_else(Error::program, |error| *error),
        Interruption::Cancelled => Error::new(ErrorKind::Cancelled, ended.to_string()),
        Interruption::NoRoom => Error::new(ErrorKind::Code, ended.to_string()),
    }
}

/// Stops a run that no one waits for.
struct Cancel(Arc<AtomicBool>);

impl Drop for Cancel {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Tells the host's functions that the program calls.
struct ToHost(Events);

impl Link for ToHost {
    fn call(&self, name: &str, args: Vec<Json>, named: Map<String, Json>) -> Option<Reply> {
        let (reply, replied) = mpsc::channel();
        self.0.send(Event::Call { name: name.to_owned(), args, named, reply }).ok()?;
        replied.recv().ok()
    }
}

/// Runs what is ordered until no more orders come.
fn serve(orders: &mpsc::Receiver<(Order, Events)>, limits: dspy_sandbox::Limits) {
    let mut engine = Engine::new(limits);
    while let Ok((order, events)) = orders.recv() {
        let done = engine.run(order, ToHost(events.clone()));
        // Nobody may wait for it any more.
        drop(events.send(Event::Done(done)));
    }
}
