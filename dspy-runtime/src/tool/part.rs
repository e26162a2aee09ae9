//! Tools as parts of a program.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{Tool, arguments, check_name, failed, is_failed};
use crate::context::Context;
use crate::context::spans::Execution;
use crate::error::{Error, Result};
use crate::lm::{ToolCall, ToolSpec};
use crate::module::{Predictors, Visit, VisitMut};
use crate::pool;
use crate::predictor::Predictor;
use crate::signature::{Fields, Reader, Role, Schema, SchemaBuilder, TypeSpec, Writer, nearest};
use crate::trace::{Step, Traced};
use crate::value::Record;

/// A tool that a program holds: its description is learnable, and each call is a step of the trace.
///
/// Optimizers see it as they see a predictor, at `tools.name` in the module that holds it, with the description as
/// its instructions; it takes no demonstrations and makes no LM call. An artifact keeps the description, and belongs
/// to a tool of the same arguments.
///
/// # Example
///
/// ```
/// use dspy::agent::ReAct;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Module, signature, tool};
/// use serde_json::json;
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// /// Says where a parcel is.
/// #[tool]
/// fn find_parcel(number: u32) -> String {
///     format!("parcel {number} is in Lyon")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let turn = |calls: &str| format!("[[ ## thought ## ]]\nSo.\n[[ ## calls ## ]]\n{calls}");
/// let cx = Context::new(Scripted::replies([
///     turn(r#"[{"tool": "find_parcel", "arguments": {"number": 7}}]"#),
///     turn(r#"[{"tool": "submit", "arguments": {"word": "Lyon"}}]"#),
/// ]));
/// let agent = ReAct::<Answer>::new().tool(FindParcel);
/// let reply = agent.call(&cx, AnswerInput { question: "Where is parcel 7?".into() }).await?;
///
/// let find = agent.tools().get("find_parcel").expect("it has this tool");
/// let step = reply.trace().steps_of(find).next().expect("one call");
/// assert_eq!(&*step.step().path, "tools.find_parcel");
/// assert_eq!(step.input()?.arguments["number"], 7);
/// assert_eq!(step.output()?.observation, json!("parcel 7 is in Lyon"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ToolPart {
    tool: Arc<dyn Tool>,
    arguments: TypeSpec,
    core: Predictor,
}

/// The inputs of a tool's call; see [`ToolPart`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct ToolInput {
    /// The arguments, an object.
    pub arguments: Value,
}

/// The output of a tool's call; see [`ToolPart`].
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub struct ToolOutput {
    /// The observation for the model: the tool's value, or `{"error": "…"}`.
    pub observation: Value,
}

/// The tools of a module, each a [`ToolPart`], with names that differ.
#[derive(Clone, Debug, Default)]
pub struct Toolbox {
    parts: Vec<ToolPart>,
}

impl ToolPart {
    fn new(tool: Arc<dyn Tool>) -> Self {
        let arguments = TypeSpec::from_schema(tool.parameters().clone());
        let schema = SchemaBuilder::new(tool.name(), tool.description())
            .with("arguments", "", Role::Input, arguments.clone())
            .output::<Value>("observation", "")
            .of_tool()
            .build();
        Self { tool, arguments, core: Predictor::new(schema, "self") }
    }

    /// The tool itself.
    pub fn tool(&self) -> &dyn Tool {
        &*self.tool
    }

    /// Returns the description for models: its own description, or what an optimizer has put in its place.
    pub fn description(&self) -> &str {
        &self.core.state().instructions
    }

    fn spec(&self) -> ToolSpec {
        ToolSpec::new(self.tool.name(), self.description(), self.tool.parameters().clone())
    }

    /// Calls the tool and records the step. The arguments are read as a reply is, by the tool's own schema. What a model
    /// can repair, a panic and a call that took too long among it, is a value. A model or program may have named the call.
    pub(crate) async fn call(
        &self,
        cx: &Context,
        called: Option<&str>,
        arguments: Value,
        time: Option<Duration>,
    ) -> Result<Value> {
        let execution = Execution {
            name: self.tool.name(),
            description: self.description(),
            call: called,
            arguments: &arguments.clone(),
        };
        execution.within(cx, self.run(cx, arguments, time), is_failed).await
    }

    async fn run(&self, cx: &Context, arguments: Value, time: Option<Duration>) -> Result<Value> {
        let place = cx.scope().recorder().map(|recorder| (recorder, recorder.begin()));
        let read =
            arguments::read(self.tool.name(), &self.arguments, arguments.clone(), cx.settings().reply_mode);
        let (arguments, repairs, outcome) = match read {
            Ok((read, repairs)) => (read.clone(), repairs, self.observe(cx, read, time).await),
            Err(unfit) => (arguments, Vec::new(), Ok(failed(unfit))),
        };
        if let Some((recorder, place)) = place {
            let step = Step { repairs, ..self.step(arguments, outcome.as_ref()) };
            recorder.end(&place, &Arc::new(step));
        }
        outcome.map_err(|error| error.context(self.core.path()))
    }

    async fn observe(&self, cx: &Context, arguments: Value, time: Option<Duration>) -> Result<Value> {
        let what = format!("tool `{}`", self.tool.name());
        let calling = async {
            let mut panicked = true;
            let called = pool::caught(&what, async {
                let outcome = self.tool.call(cx, arguments).await;
                panicked = false;
                outcome
            });
            match called.await {
                Err(error) if panicked => Ok(failed(error)),
                outcome => outcome,
            }
        };
        match time {
            None => calling.await,
            Some(time) => tokio::time::timeout(time, calling)
                .await
                .unwrap_or_else(|_| Ok(failed(format!("{what} gave nothing within {time:?}")))),
        }
    }

    fn step(&self, arguments: Value, outcome: Result<&Value, &Error>) -> Step {
        let observed = |observation: &Value| Record::from_iter([("observation", observation.clone())]);
        let input = Record::from_iter([("arguments", arguments)]);
        let output = outcome.map(observed).map_err(|error| format!("{error:#}"));
        Step::of_part(self.core.path(), self.core.schema().clone(), input, output)
    }
}

impl Toolbox {
    /// Adds a tool at the end.
    pub(crate) fn push(&mut self, tool: Arc<dyn Tool>) {
        self.parts.push(ToolPart::new(tool));
    }

    /// The tool of this name.
    pub fn get(&self, name: &str) -> Option<&ToolPart> {
        self.iter().find(|part| part.tool.name() == name)
    }

    /// Returns all tools in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ToolPart> {
        self.parts.iter()
    }

    /// The tools as a model sees them, with their present descriptions.
    pub fn specs(&self) -> Vec<ToolSpec> {
        self.iter().map(ToolPart::spec).collect()
    }

    /// A name that two tools have is a mistake of the program's, as is one that no model can take.
    pub(crate) fn check(&self, reserved: &str) -> Result<()> {
        for (index, part) in self.parts.iter().enumerate() {
            let name = part.tool.name();
            check_name(name)?;
            if name == reserved || self.iter().take(index).any(|before| before.tool.name() == name) {
                let message = format!("two tools have the name `{name}`; give one of them another");
                return Err(Error::declaration(message));
            }
        }
        Ok(())
    }

    /// Calls the tool of this name, as [`ToolPart::call`]; that there is none is a value, too.
    pub(crate) async fn call(
        &self,
        cx: &Context,
        ToolCall { id, name, .. }: &ToolCall,
        arguments: Value,
        time: Option<Duration>,
    ) -> Result<Value> {
        let Some(part) = self.get(name) else {
            let near = nearest(name, self.iter().map(|part| part.tool.name()));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            return Ok(failed(format!("there is no tool `{name}`{hint}")));
        };
        part.call(cx, Some(id), arguments, time).await
    }
}

impl Traced for ToolPart {
    type Input = ToolInput;
    type Output = ToolOutput;

    fn path(&self) -> Option<Arc<str>> {
        self.core.set_path()
    }

    fn schema(&self) -> &Arc<Schema> {
        self.core.schema()
    }
}

impl Predictors for ToolPart {
    fn visit(&self, visit: &mut Visit<'_>) {
        visit.predictor(&self.core);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.predictor(&mut self.core);
    }
}

impl Predictors for Toolbox {
    fn visit(&self, visit: &mut Visit<'_>) {
        self.parts.iter().for_each(|part| visit.field(part.tool.name(), part));
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        for part in &mut self.parts {
            let ToolPart { tool, core, .. } = part;
            visit.enter(tool.name(), |visit| visit.predictor(core));
        }
    }
}

impl Fields for ToolInput {
    type Answer = Self;

    fn into_answer(self) -> Self {
        self
    }

    fn write(&self, to: &mut Writer) {
        to.field("arguments", &self.arguments);
    }

    fn read(from: &mut Reader) -> Option<Self> {
        Some(Self { arguments: from.field("arguments")? })
    }
}

impl Fields for ToolOutput {
    type Answer = Self;

    fn into_answer(self) -> Self {
        self
    }

    fn write(&self, to: &mut Writer) {
        to.field("observation", &self.observation);
    }

    fn read(from: &mut Reader) -> Option<Self> {
        Some(Self { observation: from.field("observation")? })
    }
}

impl fmt::Debug for ToolPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ToolPart").field(&self.tool).finish()
    }
}
