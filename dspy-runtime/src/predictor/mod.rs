//! Predictors without their types: what a program calls, optimizers tune and artifacts keep.

mod call;
mod digits;
mod nearest;
mod prediction;
mod prompt;
mod show;
mod state;
mod turn;
mod vary;

use std::fmt;
use std::sync::Arc;

use futures_util::future::FutureExt;
use serde_json::Value;

pub use prediction::Prediction;
pub(crate) use state::Place;
pub use state::{PredictorState, ProgramState};
pub(crate) use turn::Native;

use crate::adapter::Adapter;
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Messages, Usage};
use crate::media::Media;
use crate::problem::Problem;
use crate::signature::Schema;
use crate::trace::{Note, Step};
use crate::value::Record;
use call::Attempt;
use prompt::{Form, Rendered};

/// A predictor without its types: a schema, a state, and its path in the program.
///
/// This is what [`Predictors`](crate::module::Predictors) visits and optimizers see. A clone shares the state.
#[derive(Clone)]
pub struct Predictor {
    schema: Arc<Schema>,
    state: Arc<Rendered>,
    adapter: Option<Arc<dyn Adapter>>,
    /// The number of demonstrations that a call shows, if not all.
    nearest: Option<usize>,
    place: Place,
    /// The reason no call can be answered, if none can.
    wrong: Option<Arc<str>>,
}

/// The demands of the caller's types on outputs.
pub(crate) struct Reading<'a> {
    /// Takes the record that was read as these types, or says what does not fit.
    pub(crate) decode: &'a mut (dyn FnMut(Record) -> Result<(), Vec<Problem>> + Send + 'a),
    /// The check of the conditions on one output, while the others are still to come.
    pub(crate) check_field: fn(&str, &Value) -> Vec<Problem>,
    /// The tools that the model asks for in its provider's way, and not in the text of its reply.
    pub(crate) native: Option<Native<'a>>,
    /// The caller's notes about the call.
    pub(crate) notes: Vec<Note>,
}

impl<'a> Reading<'a> {
    /// Reads it as text, with nothing known about the call.
    pub(crate) fn new(
        decode: &'a mut (dyn FnMut(Record) -> Result<(), Vec<Problem>> + Send + 'a),
        check_field: fn(&str, &Value) -> Vec<Problem>,
    ) -> Self {
        Self { decode, check_field, native: None, notes: Vec::new() }
    }
}

impl Predictor {
    /// A predictor in its first state, with the path that it has where no program holds it.
    pub(crate) fn new(schema: Arc<Schema>, alone: &'static str) -> Self {
        let state = PredictorState::new(schema.instructions());
        let wrong = schema.doubled().map(|name| {
            let message =
                format!("`{}` has two fields called `{name}`, so no reply fits; rename one", schema.name());
            message.into()
        });
        Self {
            wrong,
            schema,
            state: Arc::new(Rendered::new(state)),
            adapter: None,
            nearest: None,
            place: Place::new(alone),
        }
    }

    /// The signature model.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The instructions and demonstrations.
    pub fn state(&self) -> &PredictorState {
        &self.state.state
    }

    /// The path in the program: `triage`, `resolve.predict`, `hops[0]`; `self` for a predictor that
    /// stands alone.
    pub fn path(&self) -> Arc<str> {
        self.place.path()
    }

    /// The adapter that calls through this context use: the predictor's own, or else the context's.
    pub fn adapter<'a>(&'a self, cx: &'a Context) -> &'a Arc<dyn Adapter> {
        self.adapter.as_ref().unwrap_or_else(|| cx.adapter())
    }

    /// An adapter is part of the program, as its types are; a state leaves it alone.
    pub(crate) fn set_adapter(&mut self, adapter: impl Adapter + 'static) {
        self.adapter = Some(Arc::new(adapter));
    }

    pub(crate) fn set_state(&mut self, state: PredictorState) {
        self.state = Arc::new(Rendered::new(state));
    }

    /// Has each call show only those demonstrations that are nearest to its inputs; a part of the program, too.
    pub(crate) fn show_nearest(&mut self, k: usize) {
        self.nearest = Some(k);
    }

    /// Returns the parts that are in no state: its own adapter, and the number of demonstrations it chooses.
    pub(crate) fn fixed(&self) -> (Option<&'static str>, Option<usize>) {
        (self.adapter.as_ref().map(|adapter| adapter.name()), self.nearest)
    }

    /// The path that a program has set.
    pub(crate) fn set_path(&self) -> Option<Arc<str>> {
        self.place.set_path()
    }

    /// Names the predictor by its path in a program.
    pub(crate) fn name(&self, path: &str) {
        self.place.set(path);
    }

    /// The exact messages of a call, without making it.
    pub(crate) fn render(&self, cx: &Context, input: &Record) -> Result<Messages> {
        // A call that is dropped right after it began would be one nevertheless.
        let free = self.near().is_none() || cx.embedder().batch().is_none();
        let asked = self.asked(cx);
        let messages =
            free.then(|| self.messages(self.adapter(cx), cx, input, asked).now_or_never()).flatten();
        messages.map(|(_, messages)| messages).unwrap_or_else(|| {
            let message = format!(
                "which demonstrations are nearest takes a call of {}, and rendering makes none; \
                 `Context::history` shows the messages of calls",
                cx.embedder().id()
            );
            Err(Error::new(ErrorKind::Unsupported, message))
        })
    }

    /// The exact messages of a call in the form of an adapter for the task as it is asked, and what it cost to choose demonstrations for it.
    pub(crate) async fn messages(
        &self,
        adapter: &Arc<dyn Adapter>,
        cx: &Context,
        input: &Record,
        schema: &Schema,
    ) -> (Usage, Result<Messages>) {
        let form = self.form(adapter, cx, schema);
        let (usage, fixed) = match self.near() {
            None => (Usage::default(), Ok(self.state.messages(schema, &form))),
            Some(k) => {
                let (demos, path) = (&self.state().demos, self.path());
                let (usage, places) = self.state.vectors.nearest((cx, &path), schema, demos, input, k).await;
                // The nearest last, where a model heeds it most.
                let places = places.map(|places| places.into_iter().rev().collect::<Vec<_>>());
                (usage, places.map(|places| self.state.messages_of(schema, &form, &places)))
            }
        };
        (usage, fixed.map(|fixed| Messages::new(fixed, form.own(schema, input))))
    }

    /// Returns the number of demonstrations that a call shows, if it has to choose.
    fn near(&self) -> Option<usize> {
        self.nearest.filter(|k| self.state().demos.len() > *k)
    }

    /// Makes the vectors of the demonstrations that calls may have to choose from.
    pub(crate) async fn embed_demos(&self, cx: &Context) -> Result<()> {
        if self.nearest.is_some() {
            self.state.vectors.make(cx, &self.path(), &self.schema, &self.state().demos).await?;
        }
        Ok(())
    }

    /// The task that a model is asked: without the reasoning that it gives by itself.
    pub(crate) fn asked(&self, cx: &Context) -> &Schema {
        let gives = cx.lm().model().gives_reasoning();
        self.schema.beside_reasoning().filter(|_| gives).unwrap_or(&self.schema)
    }

    fn form(&self, adapter: &Arc<dyn Adapter>, cx: &Context, schema: &Schema) -> Form {
        let settings = cx.settings();
        let beside_reasoning = self.schema.reasoning().is_some() && schema.reasoning().is_none();
        let (partial, layout) = (settings.partial_demos, settings.layout);
        Form { adapter: adapter.clone(), partial, layout, beside_reasoning }
    }

    /// The messages of a call, with the files that they show read.
    pub(crate) async fn rendered(
        &self,
        adapter: &Arc<dyn Adapter>,
        cx: &Context,
        input: &Record,
        schema: &Schema,
    ) -> (Usage, Result<Messages>) {
        let (usage, messages) = self.messages(adapter, cx, input, schema).await;
        match messages {
            Ok(messages) => (usage, read(messages).await),
            Err(error) => (usage, Err(error)),
        }
    }

    /// The messages that have a free answer read; the schema is that of reading it.
    pub(crate) fn render_extraction(
        &self,
        schema: &Schema,
        adapter: &Arc<dyn Adapter>,
        answer: &str,
        cx: &Context,
    ) -> Messages {
        let input: Record = schema.inputs().map(|field| (field.name(), answer)).collect();
        let form = self.form(adapter, cx, schema);
        Messages::new(self.state.extraction(schema, &form), form.own(schema, &input))
    }

    /// The LM calls of one call: if all goes well, and at most. One more may choose the demonstrations.
    pub(crate) fn calls(&self, cx: &Context) -> (u64, u64) {
        if self.schema.is_of_tool() {
            return (0, 0);
        }
        let (expected, most) = cx.settings().calls_with(self.adapter(cx));
        let chooses = self.demo_calls(cx, 1);
        (expected + chooses, most + chooses)
    }

    /// The most calls that vectors of so many demonstrations take.
    pub(crate) fn demo_calls(&self, cx: &Context, demos: usize) -> u64 {
        self.nearest.map_or(0, |_| cx.settings().embedding_calls(demos))
    }

    /// Makes the call and records the step.
    pub(crate) async fn run<'a>(
        &'a self,
        cx: &'a Context,
        input: Record,
        reading: Reading<'a>,
    ) -> Result<Arc<Step>> {
        let place = cx.scope().recorder().map(|recorder| (recorder, recorder.begin()));
        let mut known = self.state.notes(self.asked(cx), cx.settings().partial_demos);
        known.extend(reading.notes.iter().cloned());
        let mut attempt = Attempt::new(self, cx, reading);
        let outcome = match &self.wrong {
            None => attempt.run(&input).await,
            Some(wrong) => Err(Error::declaration(wrong.to_string())),
        };
        let Attempt { path, usage, repairs, mut notes, exchanges, .. } = attempt;
        notes.splice(0..0, known);
        let (output, failed) = match outcome {
            Ok(record) => (Ok(record), None),
            Err(error) => (Err(format!("{error:#}")), Some(error.context(&path))),
        };
        let (schema, form) = (self.schema.clone(), Some(self.adapter(cx).clone()));
        let step = Arc::new(Step { path, schema, input, output, usage, repairs, notes, exchanges, form });
        if let Some((recorder, place)) = place {
            recorder.end(&place, &step);
        }
        failed.map_or(Ok(step), Err)
    }
}

/// Reads the files that messages show.
async fn read(messages: Messages) -> Result<Messages> {
    let unread: Vec<Media> = messages.media().filter(|media| media.is_unread()).cloned().collect();
    let read = move || unread.iter().try_for_each(Media::read);
    // A slow disk must not hold up other calls, if there is a runtime that can take it elsewhere.
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) if messages.media().any(Media::is_unread) => {
            runtime.spawn_blocking(read).await.map_err(|error| Error::internal(error.to_string()))??;
        }
        _ => read()?,
    }
    Ok(messages)
}

impl fmt::Debug for Predictor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor")
            .field("path", &self.path())
            .field("schema", &self.schema.to_string())
            .field("demos", &self.state().demos.len())
            .finish_non_exhaustive()
    }
}
