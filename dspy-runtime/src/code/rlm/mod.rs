//! The recursive language model: long inputs live where code runs, and the model explores them.

mod host;
mod variable;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::coder::Coder;
use super::functions;
use super::output::wrong;
use super::runs::Runs;
use super::settings::{settings, takes_tools};
use super::walk::{Shown, Walk};
use super::{CodeOutput, CodeStopReason, Interpreter};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::lm::Lm;
use crate::module::shape::Shape;
use crate::module::{Module, Predictors, Program, Visit, VisitMut};
use crate::predict::{ChainOfThought, Predict};
use crate::signature::{Field, Fields, Role, Schema, Signature, TypeSpec};
use crate::tool::Toolbox;
use crate::value::Record;
use host::{LLM_QUERY, LLM_QUERY_BATCHED, RlmHost, SUBMIT};
pub use host::{SubQuery, SubQueryInput, SubQueryOutput};
use variable::Variable;

/// Answers from inputs that may be far longer than any prompt: they are variables where code runs, and the model
/// looks at them by writing code.
///
/// A turn's prompt has of each input only its name, type, length and first 1,000 characters, and what the code so far
/// has printed. The code may call
///
/// - `llm_query(prompt)`, which asks a model about a text, and `llm_query_batched(prompts)`, which asks about several
///   at the same time;
/// - `SUBMIT(…)` with the outputs of `S`, which are read and checked as any reply is: what does not fit raises an
///   exception that says so, and otherwise the run is over;
/// - the [tools](Self::tool), as functions.
///
/// What goes wrong in code is shown to the model in the next turn. If all turns are used, another predictor answers
/// from what was found.
///
/// - **Predictors**: `turn`, once a turn; `query`, once for each prompt of a sub-call; `extract.predict`, at most
///   once; and the description of each tool at `tools.name`. All are tuned by optimizers.
/// - **Steps**: each run is one at `run`, with its code and what came of it by type; sub-calls and calls of tools in it
///   are steps after it.
/// - **Limits**: [`turns`](Self::turns), [`sub_calls`](Self::sub_calls), [`shown`](Self::shown) and, of each run,
///   [`limits`](Self::limits). A [`Budget`](crate::Budget) of the context is hard: beyond it there is an error.
///
/// A call costs at most 20 LM calls for turns, 50 for sub-calls, and 1, by default; searches plan for all of them.
/// After Zhang and Khattab, "Recursive Language Models" (2025), and `RLM` of DSPy 3.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "python")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// use dspy::code::{Python, Rlm};
/// use dspy::lm::Scripted;
/// use dspy::{Context, Module, signature};
///
/// /// Count how often something is complained about.
/// #[signature]
/// struct Complaints {
///     /// Everything that was written this year.
///     #[input]
///     mails: String,
///     #[input]
///     about: String,
///     /// How many lines.
///     #[output]
///     count: usize,
/// }
///
/// let cx = Context::new(Scripted::replies([
///     "[[ ## thought ## ]]\nCount.\n[[ ## code ## ]]\n\
///      n = sum(about in line for line in mails.splitlines())\nSUBMIT(count=n)",
/// ]));
/// let count = Rlm::<Complaints>::new(Python::new());
/// let mails = "My parcel is late.\nThank you!\n".repeat(50_000);
/// let reply = count.call(&cx, ComplaintsInput { mails, about: "parcel".into() }).await?;
/// assert_eq!((reply.count, reply.usage().calls), (50_000, 1));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "python"))]
/// # fn main() {}
/// ```
pub struct Rlm<S> {
    turn: Coder,
    query: Predict<SubQuery>,
    extract: ChainOfThought<S>,
    tools: Toolbox,
    run: Runs,
    wrong: Option<String>,
    sub_lm: Option<Lm>,
    turns: usize,
    sub_calls: usize,
    concurrency: usize,
    shown: usize,
    tool_time: Duration,
}

impl<S: Signature> Rlm<S> {
    /// 20 turns and 50 sub-calls, without tools.
    #[must_use]
    pub fn new(interpreter: impl Interpreter + 'static) -> Self {
        let (given, run) = (S::schema(), Runs::new(Arc::new(interpreter)));
        let input = |name: &str, text: &str, spec| Field::new(name, text, Role::Input, spec);
        let variables =
            input("variables", "The inputs, which are too long to show.", TypeSpec::of::<Vec<Variable>>());
        let turns = |text| input("trajectory", text, TypeSpec::of::<Vec<Shown>>());
        let extracting =
            given.with_inputs([variables.clone(), turns("The code that was run, and what it printed.")]);
        let acting = given.with_outputs("", []).with_inputs([
            variables,
            input("functions", "The functions that the code can call.", TypeSpec::of::<Vec<String>>()),
            turns("The turns so far, the earliest first."),
            input("turns_left", "How many turns there are, with this one.", TypeSpec::of::<usize>()),
        ]);
        let language = run.interpreter().language();
        let instructions = format!(
            "{}\n\nThe inputs are variables of a {language} session. Work in turns: in each, write a short piece of \
             code, and see in the next what it printed. Look at parts of long inputs before you decide how to go \
             through them; let `{LLM_QUERY}` read what takes understanding, in pieces that fit into a prompt, and \
             code do what can be computed. Check what you found, then call `{SUBMIT}`. {}",
            given.instructions().trim(),
            run.interpreter().manual()
        );
        Self {
            turn: Coder::new(&acting, &instructions, language, false, "turn"),
            query: Predict::new(),
            extract: ChainOfThought::over(
                &extracting,
                "Go through what was found and say what follows, briefly.",
            ),
            tools: Toolbox::default(),
            wrong: wrong(given),
            run,
            sub_lm: None,
            turns: 20,
            sub_calls: 50,
            concurrency: 8,
            shown: 10_000,
            tool_time: Duration::from_secs(60),
        }
    }
}

impl<S> Rlm<S> {
    /// The model that sub-calls ask; by default that of the context.
    #[must_use]
    pub fn sub_lm(mut self, lm: impl Into<Lm>) -> Self {
        self.sub_lm = Some(lm.into());
        self
    }

    /// Sets the most turns, at least one; 20 by default. A prompt that had to be shortened and sent again is
    /// a turn.
    #[must_use]
    pub fn turns(mut self, turns: usize) -> Self {
        self.turns = turns.max(1);
        self
    }

    /// Sets the most prompts of sub-calls in all turns together; 50 by default. Those beyond are not made,
    /// and raise an exception that says so.
    #[must_use]
    pub fn sub_calls(mut self, calls: usize) -> Self {
        self.sub_calls = calls;
        self
    }

    /// Sets the number of prompts of one `llm_query_batched` that are asked at the same time, at least one; 8
    /// by default. What it gives does not depend on it.
    #[must_use]
    pub fn concurrency(mut self, calls: usize) -> Self {
        self.concurrency = calls.max(1);
        self
    }

    /// The predictor of sub-calls, for [`Trace::steps_of`](crate::trace::Trace::steps_of).
    pub fn queries(&self) -> &Predict<SubQuery> {
        &self.query
    }
}

impl<S: Signature> Rlm<S> {
    /// Describes the functions that code can call, for the model.
    fn functions(&self) -> Vec<String> {
        let (calls, outputs) = (self.sub_calls, outputs(S::schema()));
        let mut all = vec![
            format!(
                "{LLM_QUERY}(prompt): asks a language model, which sees nothing but the prompt, and gives its answer as text."
            ),
            format!(
                "{LLM_QUERY_BATCHED}(prompts): the same for a list of prompts at once, and gives the list of answers. At most {calls} prompts in all."
            ),
            format!("{SUBMIT}({outputs}): gives the answer and ends the work."),
        ];
        all.extend(functions::described(&self.tools));
        all
    }

    /// Takes turns until there is an answer.
    async fn explore(
        &self,
        cx: &Context,
        host: &RlmHost<'_, S>,
        (variables, mut inputs): (&serde_json::Value, Record),
        walk: &mut Walk,
    ) -> Result<Option<S::Output>> {
        let functions = serde_json::to_value(self.functions())?;
        let mut session = self.run.open()?;
        for turn in 0..self.turns {
            let mut input = Record::new();
            input.insert("variables", variables.clone());
            input.insert("functions", functions.clone());
            input.insert("trajectory", walk.shown()?);
            input.insert("turns_left", self.turns - turn);
            let written = match self.turn.write(cx, input, walk.notes()).await {
                Ok(written) => written,
                Err(error) => {
                    walk.shorten(error)?;
                    continue;
                }
            };
            let code = (&*written.code, std::mem::take(&mut inputs));
            let ran = self.run.run(cx, &mut *session, code, host).await?;
            walk.push(written.thought, written.code, ran);
            if let Some(output) = host.taken() {
                return Ok(Some(output));
            }
        }
        Ok(None)
    }
}

/// The outputs as arguments: `count: integer, who: string`.
fn outputs(given: &Schema) -> String {
    let outputs: Vec<_> =
        given.outputs().map(|field| format!("{}: {}", field.name(), field.spec().text())).collect();
    outputs.join(", ")
}

impl<S: Signature> Module for Rlm<S> {
    type Input = S::Input;
    type Output = CodeOutput<S::Output>;

    async fn forward(&self, cx: &Context, input: S::Input) -> Result<Self::Output> {
        self.wrong.as_ref().map_or(Ok(()), |wrong| Err(Error::declaration(wrong.clone())))?;
        functions::check(&self.tools, &[LLM_QUERY, LLM_QUERY_BATCHED, SUBMIT], S::schema())?;
        let (inputs, mut walk) = (input.into_record()?, Walk::new(self.shown));
        let variables = serde_json::to_value(variable::all(S::schema(), &inputs))?;
        let host = RlmHost::new(self, cx);
        let found = self.explore(cx, &host, (&variables, inputs), &mut walk).await?;
        let (output, ended) = match found {
            Some(output) => (output, CodeStopReason::Submitted),
            None => {
                let mut input = Record::new();
                input.insert("variables", variables);
                input.insert("trajectory", walk.shown()?);
                let answer = self.extract.call_noted(cx, input, walk.notes()).await?;
                (answer.into_inner().output, CodeStopReason::Turns)
            }
        };
        Ok(CodeOutput::new(output, walk.turns, ended))
    }
}

impl<S: Signature> Predictors for Rlm<S> {
    // Turns have other fields than the signature, and which tools there are is known at run time.
    const SHAPE: Shape = Shape::Fields(&[
        ("turn", Shape::Unknown),
        ("query", Predict::<SubQuery>::SHAPE),
        ("extract", Shape::Unknown),
        ("tools", Shape::Unknown),
        ("run", Shape::Fields(&[])),
    ]);

    fn visit(&self, visit: &mut Visit<'_>) {
        let Self { turns, sub_calls, shown, tool_time, .. } = self;
        let sub_lm = self.sub_lm.as_ref().map(|lm| lm.id().to_string());
        let wiring = format!(
            "{turns} turns, {sub_calls} sub-calls to {sub_lm:?}, {shown} characters, tools {tool_time:?}"
        );
        visit.part(Self::NAME, Self::CRATE, wiring);
        visit.times(*turns as u64, |visit| visit.enter("turn", |visit| visit.predictor(self.turn.core())));
        visit.times(*sub_calls as u64, |visit| visit.field("query", &self.query));
        visit.field("extract", &self.extract);
        visit.field("tools", &self.tools);
        visit.field("run", &self.run);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.enter("turn", |visit| visit.predictor(self.turn.core_mut()));
        visit.field("query", &mut self.query);
        visit.field("extract", &mut self.extract);
        visit.field("tools", &mut self.tools);
    }
}

crate::module::inherent!([S: Signature] Rlm<S>, call);

impl<S: Signature> Program for Rlm<S> {
    const NAME: &'static str = "Rlm";
}

settings!(Rlm);
takes_tools!(Rlm);

impl<S> Clone for Rlm<S> {
    fn clone(&self) -> Self {
        Self {
            turn: self.turn.clone(),
            query: self.query.clone(),
            extract: self.extract.clone(),
            tools: self.tools.clone(),
            run: self.run.clone(),
            wrong: self.wrong.clone(),
            sub_lm: self.sub_lm.clone(),
            ..*self
        }
    }
}

impl<S> fmt::Debug for Rlm<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rlm")
            .field("turn", &self.turn)
            .field("query", &self.query)
            .field("extract", &self.extract)
            .field("tools", &self.tools)
            .field("run", &self.run)
            .field("sub_lm", &self.sub_lm)
            .field("turns", &self.turns)
            .field("sub_calls", &self.sub_calls)
            .finish_non_exhaustive()
    }
}
