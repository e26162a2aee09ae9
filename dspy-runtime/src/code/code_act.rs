//! An agent that acts by code.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::coder::Coder;
use super::functions::{self, Functions};
use super::output::wrong;
use super::runs::Runs;
use super::settings::{settings, takes_tools};
use super::walk::{Shown, Walk};
use super::{CodeOutput, CodeStopReason, Interpreter};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::module::shape::Shape;
use crate::module::{Module, Predictors, Program, Visit, VisitMut};
use crate::predict::ChainOfThought;
use crate::signature::{Fields, Signature, TypeSpec};
use crate::tool::Toolbox;
use crate::value::Record;

/// An agent whose actions are code: it writes a piece, which may call tools as functions, sees what it prints, and
/// goes on until it has what the answer needs; then another predictor reads the answer out.
///
/// The inputs are variables, and variables live from one piece to the next. A tool that fails, or is called in a wrong
/// way, raises an exception in the code; only what no model can repair ends the run, as a spent budget.
///
/// - **Predictors**: `act`, once a turn, `extract.predict`, once, and the description of each tool at `tools.name` (see
///   [`ToolPart`](crate::tool::ToolPart)). All three kinds are tuned by optimizers.
/// - **Steps**: each run is one at `run`, with its code and what came of it by type; the calls of tools in it are
///   steps after it.
/// - **A prompt that is too long** for the model is shortened by the earliest turns, as it is in
///   [`ReAct`](crate::ReAct).
///
/// A call costs an LM call a turn, 5 at most by default, and one more. After `CodeAct` of DSPy 3, and Wang et al.,
/// "Executable Code Actions Elicit Better LLM Agents" (2024).
///
/// # Example
///
/// ```
/// # #[cfg(feature = "python")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// use dspy::code::{CodeAct, Python};
/// use dspy::lm::Scripted;
/// use dspy::{Context, Module, signature, tool};
///
/// /// Answer the customer in one word.
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
/// fn find_parcel(number: u32) -> Result<String, String> {
///     if number == 7 { Ok("Lyon".into()) } else { Err(format!("there is no parcel {number}")) }
/// }
///
/// let cx = Context::new(Scripted::replies([
///     "[[ ## thought ## ]]\nLook.\n[[ ## code ## ]]\nprint(find_parcel(7))\n[[ ## done ## ]]\nfalse",
///     "[[ ## thought ## ]]\nLyon.\n[[ ## code ## ]]\n\n[[ ## done ## ]]\ntrue",
///     "[[ ## reasoning ## ]]\nIt is there.\n[[ ## word ## ]]\nLyon",
/// ]));
/// let agent = CodeAct::<Answer>::new(Python::new()).tool(FindParcel);
/// let reply = agent.call(&cx, AnswerInput { question: "Where is parcel 7?".into() }).await?;
/// assert_eq!(reply.word, "Lyon");
///
/// let run = reply.trace().steps_of(agent.runs()).next().expect("one run");
/// assert_eq!((run.input()?.code.as_str(), run.output()?.ran.printed.as_str()), ("print(find_parcel(7))", "Lyon\n"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "python"))]
/// # fn main() {}
/// ```
pub struct CodeAct<S> {
    act: Coder,
    extract: ChainOfThought<S>,
    tools: Toolbox,
    run: Runs,
    wrong: Option<String>,
    /// The inputs in which functions and turns are seen.
    seen: [String; 2],
    turns: usize,
    shown: usize,
    tool_time: Duration,
}

impl<S: Signature> CodeAct<S> {
    /// An agent of five turns without tools.
    #[must_use]
    pub fn new(interpreter: impl Interpreter + 'static) -> Self {
        let (given, run) = (S::schema(), Runs::new(Arc::new(interpreter)));
        let seen = ["functions", "trajectory"].map(|name| given.free_name(name));
        let [functions, trajectory] = &seen;
        let language = run.interpreter().language();
        let instructions = format!(
            "{}\n\nWork in turns. In each, write a short piece of {language} code that finds out what is missing, and \
             see in the next what it printed. The inputs are variables of their names, and functions are given, which \
             raise an exception where they fail. Once what was printed is enough to answer, say that you are done. {}",
            given.instructions().trim(),
            run.interpreter().manual()
        );
        let turns = TypeSpec::of::<Vec<Shown>>;
        let acting = given
            .with_last_input(
                functions,
                "The functions that the code can call.",
                TypeSpec::of::<Vec<String>>(),
            )
            .with_last_input(trajectory, "The turns so far, the earliest first.", turns());
        Self {
            act: Coder::new(&acting, &instructions, language, true, "act"),
            extract: ChainOfThought::seeing(
                (trajectory, "The code that was run to find the answer, and what it printed.", turns()),
                "Go through what was printed and say what follows from it, briefly.",
            ),
            tools: Toolbox::default(),
            wrong: wrong(given),
            run,
            seen,
            turns: 5,
            shown: 10_000,
            tool_time: Duration::from_secs(60),
        }
    }
}

impl<S> CodeAct<S> {
    /// Sets the most turns, at least one; 5 by default. A prompt that had to be shortened and sent again is a
    /// turn.
    #[must_use]
    pub fn turns(mut self, turns: usize) -> Self {
        self.turns = turns.max(1);
        self
    }
}

impl<S: Signature> CodeAct<S> {
    /// Takes turns until nothing is left to do.
    async fn act(&self, cx: &Context, input: &Record, walk: &mut Walk) -> Result<CodeStopReason> {
        let [functions, trajectory] = &self.seen;
        let host = Functions { cx, tools: &self.tools, time: self.tool_time };
        let described = functions::described(&self.tools);
        let mut session = self.run.open()?;
        let mut variables = input.clone();
        for _ in 0..self.turns {
            let mut input = input.clone();
            input.insert(functions, serde_json::to_value(&described)?);
            input.insert(trajectory, walk.shown()?);
            let written = match self.act.write(cx, input, walk.notes()).await {
                Ok(written) => written,
                Err(error) => {
                    walk.shorten(error)?;
                    continue;
                }
            };
            if !written.code.is_empty() {
                let code = (&*written.code, std::mem::take(&mut variables));
                let ran = self.run.run(cx, &mut *session, code, &host).await?;
                walk.push(written.thought, written.code, ran);
            }
            if written.done {
                return Ok(CodeStopReason::Done);
            }
        }
        Ok(CodeStopReason::Turns)
    }
}

impl<S: Signature> Module for CodeAct<S> {
    type Input = S::Input;
    type Output = CodeOutput<S::Output>;

    async fn forward(&self, cx: &Context, input: S::Input) -> Result<Self::Output> {
        self.wrong.as_ref().map_or(Ok(()), |wrong| Err(Error::declaration(wrong.clone())))?;
        functions::check(&self.tools, &[], S::schema())?;
        let (mut input, mut walk) = (input.into_record()?, Walk::new(self.shown));
        let ended = self.act(cx, &input, &mut walk).await?;
        input.insert(&self.seen[1], walk.shown()?);
        let output = self.extract.call_noted(cx, input, walk.notes()).await?.into_inner().output;
        Ok(CodeOutput::new(output, walk.turns, ended))
    }
}

impl<S: Signature> Predictors for CodeAct<S> {
    // Turns have other fields than the signature, and which tools there are is known at run time.
    const SHAPE: Shape = Shape::Fields(&[
        ("act", Shape::Unknown),
        ("extract", Shape::Unknown),
        ("tools", Shape::Unknown),
        ("run", Shape::Fields(&[])),
    ]);

    fn visit(&self, visit: &mut Visit<'_>) {
        let Self { turns, shown, tool_time, .. } = self;
        visit.part(
            Self::NAME,
            Self::CRATE,
            format!("{turns} turns, {shown} characters, tools {tool_time:?}"),
        );
        visit.times(*turns as u64, |visit| visit.enter("act", |visit| visit.predictor(self.act.core())));
        visit.field("extract", &self.extract);
        visit.field("tools", &self.tools);
        visit.field("run", &self.run);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.enter("act", |visit| visit.predictor(self.act.core_mut()));
        visit.field("extract", &mut self.extract);
        visit.field("tools", &mut self.tools);
    }
}

crate::module::inherent!([S: Signature] CodeAct<S>, call);

impl<S: Signature> Program for CodeAct<S> {
    const NAME: &'static str = "CodeAct";
}

settings!(CodeAct);
takes_tools!(CodeAct);

impl<S> Clone for CodeAct<S> {
    fn clone(&self) -> Self {
        Self {
            act: self.act.clone(),
            extract: self.extract.clone(),
            tools: self.tools.clone(),
            run: self.run.clone(),
            wrong: self.wrong.clone(),
            seen: self.seen.clone(),
            ..*self
        }
    }
}

impl<S> fmt::Debug for CodeAct<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeAct")
            .field("act", &self.act)
            .field("extract", &self.extract)
            .field("tools", &self.tools)
            .field("run", &self.run)
            .field("turns", &self.turns)
            .finish_non_exhaustive()
    }
}
