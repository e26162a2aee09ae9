//! The scope of a run: where its calls are charged, recorded and shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use tracing::Span;

use super::history::History;
use super::ledger::Accounts;
use super::{Asked, Embedded, Meter, ProgramRun, Purpose, Replies, Settings, Sink};
use crate::trace::Recorder;

/// The scope in which calls happen: in which program call, run and search, for what, on whose budget,
/// and who is told.
///
/// The library makes scopes, one inside of the other; no user sees one. What a call asks is in the
/// [`Settings`], and a scope changes none of it. A changed scope is made of the one around it and shares
/// with it all that was not changed.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// Collects the steps of the program call that this is in, if it is in one.
    recorder: Option<Arc<Recorder>>,
    /// The span of that program call, for tasks that `tracing` does not follow.
    pub(super) span: Span,
    /// The name of that program, if it is in one.
    pub(super) program: Option<&'static str>,
    /// The channel to which the program call shows its fields as they come, if someone looks.
    sink: Option<Sink>,
    /// The advice that predictors get in addition to their inputs, by path.
    advice: Option<Arc<BTreeMap<String, String>>>,
    /// The number of attempts of strategies this is in, one inside the other.
    nesting: u32,
    /// The step that embedding calls are for, if they are for one.
    pub(super) embedded: Option<Arc<Embedded>>,
    pub(super) purpose: Purpose,
    pub(super) meter: Arc<Meter>,
    pub(super) accounts: Arc<Accounts>,
    pub(super) history: Arc<History>,
    /// The run of a program that calls count for.
    pub(super) run: Option<Arc<ProgramRun>>,
    /// The replies that a search has already had.
    pub(super) replies: Option<Arc<Replies>>,
    /// The calls so far, where someone wants to know whether replies differ.
    pub(super) asked: Option<Arc<Asked>>,
}

impl Scope {
    /// Outside of everything, with nothing spent.
    pub(super) fn new() -> Self {
        Self {
            recorder: None,
            span: Span::none(),
            program: None,
            sink: None,
            advice: None,
            nesting: 0,
            embedded: None,
            purpose: Purpose::Task,
            meter: Arc::default(),
            accounts: Arc::default(),
            history: Arc::default(),
            run: None,
            replies: None,
            asked: None,
        }
    }

    pub(crate) fn recorder(&self) -> Option<&Arc<Recorder>> {
        self.recorder.as_ref()
    }

    pub(crate) fn sink(&self) -> Option<&Sink> {
        self.sink.as_ref()
    }

    /// Returns the advice for the predictor of this path.
    pub(crate) fn advice(&self, path: &str) -> Option<&str> {
        self.advice.as_ref()?.get(path).map(String::as_str)
    }

    pub(crate) fn nesting(&self) -> u32 {
        self.nesting
    }

    pub(crate) fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    pub(crate) fn replies(&self) -> Option<&Arc<Replies>> {
        self.replies.as_ref()
    }

    /// Returns whether replies may be stopped. A search keeps its replies, so it has them whole.
    pub(crate) fn stops_early(&self, settings: &Settings) -> bool {
        settings.early_stop && self.replies.is_none()
    }

    /// Inside a call of the program of this name whose steps the recorder collects.
    pub(crate) fn recording(self, recorder: Arc<Recorder>, span: Span, program: &'static str) -> Self {
        Self { recorder: Some(recorder), span, program: Some(program), ..self }
    }

    /// Returns a scope in which program calls also leave their steps here, whether they end well or not.
    pub(crate) fn recorded_in(self, recorder: Arc<Recorder>) -> Self {
        Self { recorder: Some(recorder), ..self }
    }

    /// Outside of any program call.
    pub(crate) fn detached(self) -> Self {
        Self { recorder: None, sink: None, ..self }
    }

    /// Returns a scope in which fields are shown as they come.
    pub(crate) fn showing(self, sink: Sink) -> Self {
        Self { sink: Some(sink), ..self }
    }

    /// Adds advice to predictors, by path, in place of what they were told before.
    pub(crate) fn advised(self, advice: BTreeMap<String, String>) -> Self {
        let mut told = self.advice.as_deref().cloned().unwrap_or_default();
        told.extend(advice);
        Self { advice: Some(Arc::new(told)), ..self }
    }

    /// Returns a scope in one more attempt of a strategy.
    pub(crate) fn nested(self) -> Self {
        Self { nesting: self.nesting + 1, ..self }
    }

    /// Returns a scope in a step that embeds: what it embeds is charged at the step's path and collected
    /// there.
    pub(crate) fn embedding_in(self, step: Arc<Embedded>) -> Self {
        Self { embedded: Some(step), ..self }
    }

    /// Returns a scope in which calls are for something else, outside of any run.
    pub(crate) fn for_purpose(self, purpose: Purpose) -> Self {
        Self { purpose, ..self.outside_runs() }
    }

    /// Returns a scope in which calls count for no run.
    pub(super) fn outside_runs(self) -> Self {
        Self { run: None, ..self }
    }

    /// Returns a scope in which calls are charged here.
    pub(crate) fn charging(self, meter: Arc<Meter>) -> Self {
        Self { meter, ..self }
    }

    /// Returns a scope with its own history.
    pub(super) fn remembering(self, history: Arc<History>) -> Self {
        Self { history, ..self }
    }

    /// Returns a scope in one run of a program, with what counts its calls.
    pub(crate) fn in_run(self, run: Arc<ProgramRun>) -> Self {
        Self { run: Some(run), ..self }
    }

    /// Returns a scope in which each distinct request is paid for once.
    pub(crate) fn sharing(self, replies: Arc<Replies>) -> Self {
        Self { replies: Some(replies), ..self }
    }

    /// Returns a scope in which it is so from here on, if it is not already.
    pub(crate) fn sharing_from_here(self) -> Self {
        let replies = self.replies.clone().unwrap_or_default();
        self.sharing(replies)
    }

    /// Returns a scope in which questions and replies are noted.
    pub(crate) fn noting(self, asked: Arc<Asked>) -> Self {
        Self { asked: Some(asked), ..self }
    }
}
