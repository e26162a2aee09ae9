//! A program as a tool, without its type.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use rmcp::model::Tool;
use serde_json::{Map, Value};

use super::call_error::CallError;
use crate::context::{Context, FieldEvent};
use crate::module::{Module, StreamEvent, each};
use crate::release::Live;
use crate::signature::{Described, Fields};
use crate::value::{Prepare, Record};

/// The observer of a run's steps: the path and the name of each field that is done.
pub(super) type Steps<'a> = &'a (dyn Fn(String) + Send + Sync);

/// A tool that can be called with JSON.
pub(super) trait Exposed: Send + Sync {
    fn name(&self) -> &str;

    /// Returns its description for clients.
    fn listed(&self) -> Tool;

    fn call<'a>(
        &'a self,
        cx: &'a Context,
        arguments: Map<String, Value>,
        steps: Option<Steps<'a>>,
    ) -> BoxFuture<'a, Result<Record, CallError>>;

    fn described(&self, text: &str) -> Arc<dyn Exposed>;

    fn prepared(&self, prepare: Prepare) -> Arc<dyn Exposed>;
}

/// A program under a name.
pub(super) struct Exposure<M: Module> {
    name: String,
    description: Option<String>,
    live: Live<M>,
    prepare: Option<Prepare>,
}

impl<M: Module> Exposure<M> {
    pub(super) fn new(name: &str, live: Live<M>) -> Self {
        Self { name: name.to_owned(), description: None, live, prepare: None }
    }

    fn copy(&self) -> Self {
        Self {
            name: self.name.clone(),
            description: self.description.clone(),
            live: self.live.clone(),
            prepare: self.prepare.clone(),
        }
    }

    /// As the signature was written, whatever a search has made of the prompts.
    fn declared(&self) -> String {
        let mut steps = Vec::new();
        each(self.live.get().program(), |path, predictor, _| {
            steps.push((path.to_owned(), predictor.schema().instructions().to_owned()));
        });
        if let [(_, instructions)] = steps.as_slice() {
            return instructions.clone();
        }
        let lines = steps.iter().map(|(path, instructions)| format!("\n- {path}: {instructions}"));
        format!("Runs {}, whose steps are:{}", M::NAME, lines.collect::<String>())
    }

    async fn run(
        &self,
        cx: &Context,
        arguments: Map<String, Value>,
        steps: Option<Steps<'_>>,
    ) -> Result<Record, CallError> {
        let mut record: Record = arguments.into_iter().collect();
        if let Some(prepare) = &self.prepare {
            prepare(&mut record).map_err(|error| CallError::run(&error))?;
        }
        let input = Described::read::<M::Input>(record).map_err(|error| CallError::input(&error))?;
        let snapshot = self.live.get();
        let prediction = match steps {
            None => snapshot.program().call(cx, input).await,
            Some(steps) => shown(snapshot.program(), cx, input, steps).await,
        };
        prediction.and_then(|prediction| prediction.to_record()).map_err(|error| CallError::run(&error))
    }
}

/// Runs a program and reports each field that is done.
async fn shown<M: Module>(
    program: &M,
    cx: &Context,
    input: M::Input,
    steps: Steps<'_>,
) -> crate::Result<crate::Prediction<M::Output>> {
    let mut stream = program.stream(cx, input);
    while let Some(event) = stream.next().await {
        match event? {
            StreamEvent::Field(FieldEvent::FieldDone { path, field, .. }) => steps(format!("{path}.{field}")),
            StreamEvent::Field(_) => {}
            StreamEvent::Prediction(prediction) => return Ok(prediction),
        }
    }
    Err(crate::Error::data("the program ended without an answer"))
}

impl<M: Module> Exposed for Exposure<M> {
    fn name(&self) -> &str {
        &self.name
    }

    fn listed(&self) -> Tool {
        let mut inputs = object(M::Input::described());
        if self.prepare.is_some() {
            inputs.remove("required");
        }
        let description = self.description.clone().unwrap_or_else(|| self.declared());
        let tool = Tool::new(self.name.clone(), description, inputs);
        match M::Output::described() {
            Some(outputs) => tool.with_raw_output_schema(Arc::new(object(Some(outputs)))),
            None => tool,
        }
    }

    fn call<'a>(
        &'a self,
        cx: &'a Context,
        arguments: Map<String, Value>,
        steps: Option<Steps<'a>>,
    ) -> BoxFuture<'a, Result<Record, CallError>> {
        Box::pin(self.run(cx, arguments, steps))
    }

    fn described(&self, text: &str) -> Arc<dyn Exposed> {
        Arc::new(Self { description: Some(text.to_owned()), ..self.copy() })
    }

    fn prepared(&self, prepare: Prepare) -> Arc<dyn Exposed> {
        Arc::new(Self { prepare: Some(prepare), ..self.copy() })
    }
}

/// The schema of one side; any object where nothing is known.
fn object(described: Option<Described>) -> Map<String, Value> {
    match described.map(|described| described.json_schema()) {
        Some(Value::Object(schema)) => schema,
        _ => Map::from_iter([("type".to_owned(), "object".into())]),
    }
}
