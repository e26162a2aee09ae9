//! A session in a worker.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, Either, FutureExt, select};
use monty_pool::{Checkout, PoolError, ReplConfig, ResumeValue, TurnEvent, on_print_sync};
use monty_types::{AssertMessageAnnotations, ExcType, MontyException, MontyObject, ResourceLimits};
use serde_json::{Map, Value};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::value;
use super::worker::Workers;
use crate::code::{CodeError, Execution, Host, HostReply, Limit, Limits, Session, dialect};
use crate::error::{Error, Result};
use crate::value::Record;

/// A session of `Monty`, which has a worker from its first run on.
pub(super) struct MontySession {
    workers: Arc<Workers>,
    limits: Limits,
    worker: Option<Checkout>,
    /// All inputs so far, for the next worker should this one be lost.
    inputs: Record,
}

/// The end of a run that goes no further.
enum Stop {
    /// The worker is well, and the run has ended by itself.
    Done(Option<CodeError>, Option<String>),
    /// The worker is not to be used any more.
    Lost(CodeError),
    /// The host has taken an answer.
    Taken(Value),
    /// The host has failed for a reason that no code can repair.
    Failed(Error),
    /// More calls were made than may be.
    Calls(Option<u32>),
}

/// The text that the code has printed, up to the limit.
struct Printed {
    text: Mutex<(String, bool)>,
    most: usize,
    full: Notify,
}

impl Printed {
    fn push(&self, more: &str) {
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        let (text, is_over) = &mut *text;
        if *is_over {
            return;
        }
        let left = self.most.saturating_sub(text.len());
        if more.len() <= left {
            return text.push_str(more);
        }
        let cut = (0..=left).rev().find(|cut| more.is_char_boundary(*cut)).unwrap_or_default();
        text.push_str(more.get(..cut).unwrap_or_default());
        *is_over = true;
        self.full.notify_one();
    }

    /// Takes no more.
    fn close(&self) {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
    }

    fn is_over(&self, value: usize) -> bool {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.1 || text.0.len().saturating_add(value) > self.most
    }

    fn taken(self) -> String {
        self.text.into_inner().unwrap_or_else(PoisonError::into_inner).0
    }
}

impl MontySession {
    pub(super) fn new(workers: Arc<Workers>, limits: Limits) -> Self {
        Self { workers, limits, worker: None, inputs: Record::new() }
    }

    fn repl(&self) -> ReplConfig {
        let most = ResourceLimits::default()
            .max_memory(self.limits.memory)
            .max_recursion_depth(self.limits.recursion)
            // Calls are counted here, a run at a time; a name that is looked up is a suspension, too.
            .max_suspensions(usize::MAX);
        let messages = AssertMessageAnnotations::Off;
        ReplConfig { limits: Some(most), assert_message_annotations: messages, ..ReplConfig::default() }
    }
}

impl Session for MontySession {
    fn run<'a>(
        &'a mut self,
        code: &'a str,
        inputs: Record,
        host: &'a dyn Host,
    ) -> BoxFuture<'a, Result<Execution>> {
        async move {
            let (mut worker, set) = match self.worker.take() {
                Some(worker) => (worker, named(&inputs)),
                None => {
                    let mut all = self.inputs.clone();
                    inputs.iter().for_each(|(name, value)| all.insert(name, value.clone()));
                    (self.workers.checkout(&self.repl()).await?, named(&all))
                }
            };
            for (name, value) in Map::from(inputs) {
                self.inputs.insert(&name, value);
            }
            let printed = Printed { text: Mutex::default(), most: self.limits.output, full: Notify::new() };
            let mut run = Run {
                limits: &self.limits,
                left: self.limits.time,
                calls: 0,
                functions: host.functions(),
                printed: &printed,
            };
            // Where this future is dropped, so is the worker, which ends it.
            let stop = run.go(&mut worker, (code, set), host).await;
            let (execution, is_well) = match stop {
                Stop::Done(error, value) => (Execution { error, value, ..Execution::default() }, true),
                Stop::Lost(error) => (Execution { error: Some(error), ..Execution::default() }, false),
                Stop::Taken(answer) => {
                    let is_well = run.end(&mut worker).await;
                    (Execution { submitted: Some(answer), ..Execution::default() }, is_well)
                }
                Stop::Failed(error) => {
                    if run.end(&mut worker).await {
                        self.worker = Some(worker);
                    }
                    return Err(error);
                }
                Stop::Calls(line) => {
                    let is_well = run.end(&mut worker).await;
                    let error = CodeError::of_limit(Limit::Calls, &self.limits, line);
                    let error = if is_well { error } else { lost(error) };
                    (Execution { error: Some(error), ..Execution::default() }, is_well)
                }
            };
            if is_well {
                self.worker = Some(worker);
            }
            Ok(execution.with_printed(printed.taken()))
        }
        .boxed()
    }
}

fn named(inputs: &Record) -> Vec<(String, MontyObject)> {
    inputs.iter().map(|(name, input)| (name.to_owned(), value::of_json(input))).collect()
}

/// Adds what a lost worker means to an error.
fn lost(error: CodeError) -> CodeError {
    error.with_note("; the variables of earlier code are lost, the inputs are set again")
}

/// The time that code has to end once the host has what it wants.
const ENDING: Duration = Duration::from_millis(500);

/// A run under way.
struct Run<'a> {
    limits: &'a Limits,
    left: Duration,
    calls: usize,
    functions: Vec<String>,
    printed: &'a Printed,
}

impl Run<'_> {
    async fn go(
        &mut self,
        worker: &mut Checkout,
        (code, inputs): (&str, Vec<(String, MontyObject)>),
        host: &dyn Host,
    ) -> Stop {
        let printed = self.printed;
        let mut print = on_print_sync(|_, text| printed.push(text));
        let mut turn = self.within(worker.feed(code, inputs, Vec::new(), true, &mut print)).await;
        loop {
            turn = match turn {
                Err(stop) => return stop,
                Ok(TurnEvent::Complete(last)) => return self.ended(&last),
                Ok(TurnEvent::NameLookup { name, object_id, .. }) => {
                    let is_known = object_id.is_none() && self.functions.contains(&name);
                    let found = is_known.then_some(MontyObject::Function { name, docstring: None });
                    self.within(worker.resume_name_lookup(found, &mut print)).await
                }
                Ok(TurnEvent::OsCall { .. }) => {
                    self.within(worker.resume(ResumeValue::NotHandled, &mut print)).await
                }
                Ok(TurnEvent::FunctionCall { function_name, args, kwargs, object_id, .. }) => {
                    let is_known = object_id.is_none() && self.functions.contains(&function_name);
                    let answer = if is_known {
                        match self.call(host, &function_name, &args, &kwargs).await {
                            Ok(answer) => answer,
                            Err(stop) => return stop,
                        }
                    } else {
                        ResumeValue::NotFound
                    };
                    self.within(worker.resume(answer, &mut print)).await
                }
                // No call of the host gives a future, so there is none to wait for.
                Ok(TurnEvent::ResolveFutures { .. }) => {
                    let message = "the code waits for something that never comes; calls wait by themselves";
                    return Stop::Lost(lost(CodeError::new("RuntimeError", message, None)));
                }
            };
        }
    }

    /// Waits for the worker's turn, as long as the run may compute and print.
    async fn within(
        &mut self,
        turn: impl Future<Output = Result<TurnEvent, PoolError>>,
    ) -> Result<TurnEvent, Stop> {
        let began = Instant::now();
        let (turn, full) = (pin!(turn), pin!(self.printed.full.notified()));
        let outcome = timeout(self.left, select(turn, full)).await;
        self.left = self.left.saturating_sub(began.elapsed());
        let met = |limit| Stop::Lost(lost(CodeError::of_limit(limit, self.limits, None)));
        match outcome {
            Err(_) => Err(met(Limit::Time)),
            Ok(Either::Right(_)) => Err(met(Limit::Output)),
            Ok(Either::Left((Ok(event), _))) => Ok(event),
            Ok(Either::Left((Err(error), _))) => Err(self.stopped(error)),
        }
    }

    async fn call(
        &mut self,
        host: &dyn Host,
        name: &str,
        args: &[MontyObject],
        named: &[(MontyObject, MontyObject)],
    ) -> Result<ResumeValue, Stop> {
        let raise = |kind, message| Ok(ResumeValue::Error(MontyException::new(kind, Some(message))));
        self.calls += 1;
        if self.calls > self.limits.calls {
            return Err(Stop::Calls(None));
        }
        let (args, named) = match value::arguments(args, named) {
            Ok(given) => given,
            Err((kind, message)) => return raise(kind, message),
        };
        match host.call(name, args, named).await {
            Ok(HostReply::Value(given)) => Ok(ResumeValue::Return(value::of_json(&given))),
            Ok(HostReply::Raise(message)) => raise(ExcType::RuntimeError, message),
            Ok(HostReply::Finish(answer)) => Err(Stop::Taken(answer)),
            Err(error) => Err(Stop::Failed(error)),
        }
    }

    /// Ends the code that waits for a call; returns whether the worker is well.
    ///
    /// An exception that `except Exception` does not catch ends most code and leaves its variables. What goes on after
    /// it is ended with its worker.
    async fn end(&mut self, worker: &mut Checkout) -> bool {
        const MARK: &str = "the run is over";
        self.printed.close();
        let mut print = on_print_sync(|_, _| {});
        let exit = ResumeValue::Error(MontyException::new(ExcType::SystemExit, Some(MARK.to_owned())));
        match timeout(ENDING, worker.resume(exit, &mut print)).await {
            Ok(Err(PoolError::Runtime(error))) => {
                error.exc_type() == ExcType::SystemExit && error.message() == Some(MARK)
            }
            _ => false,
        }
    }

    fn ended(&self, last: &MontyObject) -> Stop {
        let shown = value::shown(last);
        if self.printed.is_over(shown.as_ref().map_or(0, String::len)) {
            return Stop::Done(Some(CodeError::of_limit(Limit::Output, self.limits, None)), None);
        }
        Stop::Done(None, shown)
    }

    fn stopped(&self, error: PoolError) -> Stop {
        let exception = match error {
            PoolError::Runtime(exception) => exception,
            error => {
                let message = format!("the process that ran the code has ended: {error}");
                return Stop::Lost(lost(CodeError::new("WorkerError", &message, None)));
            }
        };
        let message = exception.message().unwrap_or_default();
        let line = line(&exception);
        let of = |limit| CodeError::of_limit(limit, self.limits, line);
        match exception.exc_type() {
            // Values that take all memory are let go with the worker.
            ExcType::MemoryError if message.contains("memory limit") => Stop::Lost(lost(of(Limit::Memory))),
            ExcType::RecursionError => Stop::Done(Some(of(Limit::Recursion)), None),
            kind => {
                let (kind, message) = (kind.to_string(), dialect::MONTY.mended(message));
                let kind = kind.rsplit('.').next().unwrap_or_default();
                Stop::Done(Some(CodeError::new(kind, &message, line)), None)
            }
        }
    }
}

/// The line of this code, and not of an earlier one, in which an exception was raised.
fn line(exception: &MontyException) -> Option<u32> {
    let frames = exception.traceback();
    let own = &frames.first()?.filename;
    frames.iter().rev().find(|frame| frame.filename == *own).map(|frame| frame.start.line)
}

impl Drop for MontySession {
    /// Gives the worker back, without what it holds; where that cannot be waited for, the worker is ended.
    fn drop(&mut self) {
        if let (Some(worker), Ok(runtime)) = (self.worker.take(), Handle::try_current()) {
            runtime.spawn(async move { worker.finish().await.ok() });
        }
    }
}

impl fmt::Debug for MontySession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MontySession")
            .field("limits", &self.limits)
            .field("worker", &self.worker.as_ref().and_then(Checkout::pid))
            .finish_non_exhaustive()
    }
}
