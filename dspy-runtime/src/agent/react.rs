//! The agent that thinks, acts and sees what comes of it.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use super::approval::Approver;
use super::limits::Limits;
use super::output::{TRAJECTORY, taken_name};
use super::protocol::{Adapters, SUBMIT, turn_schema};
use super::run::Run;
use super::{AgentOutput, Approval, Turn};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::lm::{ToolCall, ToolSpec};
use crate::module::shape::Shape;
use crate::module::{Build, Module, Predictors, Program, Visit, VisitMut};
use crate::predict::ChainOfThought;
use crate::predictor::Predictor;
use crate::signature::{Field, Fields, Signature, TypeSpec};
use crate::tool::{Tool, Toolbox};

/// An agent: a model thinks, calls tools and sees what they give, in turns, until it gives the outputs of `S`.
///
/// It answers with the tool `submit`, whose arguments are the outputs; they are read and checked as any reply is, and
/// what does not fit is reported to the model. A model that no longer calls a tool, that says what is no turn, or
/// that is stopped by a limit, has the answer read out of the trajectory by another predictor. So the answer
/// has the types of `S` in any case.
///
/// - **Predictors**: `react`, once a turn, and `extract.predict`, at most once, and the description of each tool at
///   `tools.name` (see [`ToolPart`](crate::tool::ToolPart)). All three kinds are tuned by optimizers.
/// - **Tools** of one turn run at the same time. What a model can repair is an observation `{"error": "…"}`, in a few
///   words: a tool that fails, panics or takes too long, arguments that do not fit, a tool that there is not. Only what
///   none can repair ends the run, as a spent budget.
/// - **Protocol**: where the model [takes tools](crate::lm::LanguageModel::takes_tools), its provider's own way of calling
///   them, and otherwise text in the format of the context's adapter. See [`native`](ReAct::native).
/// - **Limits**: [`turns`](ReAct::turns), [`tool_calls`](ReAct::tool_calls), [`tokens`](ReAct::tokens) and
///   [`time`](ReAct::time), after which it answers with what it knows. A [`Budget`](crate::Budget) of the context
///   is hard: beyond it there is an error.
/// - **A prompt that is too long** for the model, or for [`window`](ReAct::window), is shortened by the earliest turns.
///   The model is informed, the step has [`Note::TurnsLeftOut`](crate::trace::Note::TurnsLeftOut), and the trajectory that is
///   given back is whole.
///
/// A [stream](Module::stream) shows turns that are text, and an answer that is read; one that is submitted comes with the
/// prediction.
///
/// A call costs an LM call a turn, 10 at most by default, and at most one more. After Yao et al., "ReAct: Synergizing
/// Reasoning and Acting in Language Models" (2023).
///
/// # Example
///
/// ```
/// use dspy::agent::StopReason;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Module, ReAct, signature, tool};
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
/// fn find_parcel(
///     /// The number on the receipt.
///     number: u32,
/// ) -> Result<String, String> {
///     if number == 7 { Ok("Lyon".into()) } else { Err(format!("there is no parcel {number}")) }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let turn = |calls: &str| format!("[[ ## thought ## ]]\nSo.\n[[ ## calls ## ]]\n{calls}");
/// let cx = Context::new(Scripted::replies([
///     turn(r#"[{"tool": "find_parcel", "arguments": {"number": 7}}]"#),
///     turn(r#"[{"tool": "submit", "arguments": {"word": "Lyon"}}]"#),
/// ]));
/// let agent = ReAct::<Answer>::new().tool(FindParcel).turns(5);
/// let reply = agent.call(&cx, AnswerInput { question: "Where is parcel 7?".into() }).await?;
/// assert_eq!((reply.word.as_str(), reply.stop_reason), ("Lyon", StopReason::Submitted));
/// assert_eq!(reply.trajectory[0].calls[0].observation, "Lyon");
/// # Ok(())
/// # }
/// ```
pub struct ReAct<S> {
    pub(super) react: Predictor,
    pub(super) extract: ChainOfThought<S>,
    pub(super) tools: Toolbox,
    /// The fault of the signature, if any.
    wrong: Option<String>,
    /// The input of both predictors in which they see the turns so far.
    pub(super) seen: String,
    pub(super) limits: Limits,
    native: Option<bool>,
    pub(super) approver: Option<Approver>,
    pub(super) adapters: Adapters,
}

impl<S: Signature> ReAct<S> {
    /// An agent without tools but `submit`.
    #[must_use]
    pub fn new() -> Self {
        let given = S::schema();
        let wrong = taken_name(given, "every agent");
        let seen = given.free_name(TRAJECTORY);
        let turns = TypeSpec::of::<Vec<Turn>>;
        let extract = ChainOfThought::seeing(
            (&seen, "What was done so far to find the answer, and what tools gave.", turns()),
            "Go through what was found and say what follows from it, briefly.",
        );
        let react =
            turn_schema(given).with_last_input(&seen, "The turns so far, the earliest first.", turns());
        Self {
            react: Predictor::new(Arc::new(react), "react"),
            extract,
            tools: Toolbox::default(),
            wrong,
            limits: Limits::default(),
            native: None,
            approver: None,
            adapters: Adapters::new(&seen),
            seen,
        }
    }

    /// Gives it a tool. Names must differ; that they do is checked in a call.
    #[must_use]
    pub fn tool(mut self, tool: impl Tool + 'static) -> Self {
        self.tools.push(Arc::new(tool));
        self
    }

    /// Gives it several tools, such as those of a server.
    #[must_use]
    pub fn with_tools(mut self, tools: impl IntoIterator<Item = Arc<dyn Tool>>) -> Self {
        tools.into_iter().for_each(|tool| self.tools.push(tool));
        self
    }

    /// Sets the most turns, at least one; 10 by default. A prompt that had to be shortened and sent again is
    /// a turn.
    #[must_use]
    pub fn turns(mut self, turns: usize) -> Self {
        self.limits.turns = turns.max(1);
        self
    }

    /// Sets the most calls of tools in all turns together. Those beyond are not made, and the model is informed.
    #[must_use]
    pub fn tool_calls(mut self, calls: usize) -> Self {
        self.limits.tool_calls = Some(calls);
        self
    }

    /// Ends the turns after so many tokens of prompts and replies in all turns together.
    #[must_use]
    pub fn tokens(mut self, tokens: u64) -> Self {
        self.limits.tokens = Some(tokens);
        self
    }

    /// Sets the longest time for all turns together. What runs then is cancelled; the answer is read after
    /// it.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.limits.time = Some(time);
        self
    }

    /// Sets the longest time for one call of a tool; 60 s by default.
    #[must_use]
    pub fn tool_time(mut self, time: Duration) -> Self {
        self.limits.tool_time = time;
        self
    }

    /// Sets the number of characters of a tool's result that the model is shown; 20,000 by default. What is
    /// cut is said.
    #[must_use]
    pub fn observation(mut self, characters: usize) -> Self {
        self.limits.observation = characters;
        self
    }

    /// Sets the most tokens of earlier turns that a prompt shows, estimated at four bytes a token; by default
    /// as many as the model takes.
    #[must_use]
    pub fn window(mut self, tokens: usize) -> Self {
        self.limits.window = Some(tokens);
        self
    }

    /// Sets whether tools are called in the way of the model's provider, or by text; by default as
    /// the model [takes them](crate::lm::LanguageModel::takes_tools).
    #[must_use]
    pub fn native(mut self, native: bool) -> Self {
        self.native = Some(native);
        self
    }

    /// Asks before each call of a tool whether it may run. Calls of one turn are asked for one after the other; those
    /// that may run then do so at the same time. `submit` is not asked for.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::{ReAct, signature};
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
    /// let agent = ReAct::<Answer>::new().approve(|call| async move {
    ///     match call.name.as_str() {
    ///         "refund" => Err("a person has to do this".to_owned()),
    ///         _ => Ok(()),
    ///     }
    /// });
    /// # let _ = agent;
    /// ```
    #[must_use]
    pub fn approve<F, A>(mut self, ask: impl Fn(ToolCall) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = A> + Send + 'static,
        A: Into<Approval> + 'static,
    {
        self.approver = Some(Approver::new(ask));
        self
    }
}

impl<S> ReAct<S> {
    /// The tools, without `submit`.
    pub fn tools(&self) -> &Toolbox {
        &self.tools
    }
}

impl<S: Signature> ReAct<S> {
    /// All tools as the model sees them.
    pub(super) fn specs(&self) -> Vec<ToolSpec> {
        let outputs = S::schema().json_format().schema.clone();
        let submit = ToolSpec::new(SUBMIT, "Gives the answer and ends the work.", outputs);
        self.tools.specs().into_iter().chain([submit]).collect()
    }

    /// The names of what a turn gives: its thought and its calls.
    pub(super) fn outputs(&self) -> [&str; 2] {
        let mut names = self.react.schema().outputs().map(Field::name);
        [(); 2].map(|()| names.next().unwrap_or_default())
    }

    pub(super) fn is_native(&self, cx: &Context) -> bool {
        self.native.unwrap_or_else(|| cx.lm().model().takes_tools())
    }

    fn check(&self) -> Result<()> {
        self.wrong.as_ref().map_or(Ok(()), |wrong| Err(Error::declaration(wrong.clone())))?;
        self.tools.check(SUBMIT)
    }
}

impl<S: Signature> Module for ReAct<S> {
    type Input = S::Input;
    type Output = AgentOutput<S::Output>;

    async fn forward(&self, cx: &Context, input: S::Input) -> Result<Self::Output> {
        self.check()?;
        Run::new(self, cx, input.into_record()?).answer().await
    }
}

impl<S: Signature> Predictors for ReAct<S> {
    // Turns have other fields than the signature, and which tools there are is known at run time.
    const SHAPE: Shape =
        Shape::Fields(&[("react", Shape::Unknown), ("extract", Shape::Unknown), ("tools", Shape::Unknown)]);

    fn visit(&self, visit: &mut Visit<'_>) {
        visit.part(Self::NAME, Self::CRATE, format!("{:?}, native: {:?}", self.limits, self.native));
        visit.times(self.limits.turns as u64, |visit| {
            visit.enter("react", |visit| visit.predictor(&self.react))
        });
        visit.field("extract", &self.extract);
        visit.field("tools", &self.tools);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.enter("react", |visit| visit.predictor(&mut self.react));
        visit.field("extract", &mut self.extract);
        visit.field("tools", &mut self.tools);
    }
}

crate::module::inherent!([S: Signature] ReAct<S>, call);

impl<S: Signature> Program for ReAct<S> {
    const NAME: &'static str = "ReAct";
}

impl<S: Signature> Build for ReAct<S> {
    fn build() -> Self {
        Self::new()
    }
}

impl<S: Signature> Default for ReAct<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Clone for ReAct<S> {
    fn clone(&self) -> Self {
        Self {
            react: self.react.clone(),
            extract: self.extract.clone(),
            tools: self.tools.clone(),
            wrong: self.wrong.clone(),
            seen: self.seen.clone(),
            limits: self.limits.clone(),
            native: self.native,
            approver: self.approver.clone(),
            adapters: self.adapters.clone(),
        }
    }
}

impl<S> fmt::Debug for ReAct<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReAct")
            .field("react", &self.react)
            .field("extract", &self.extract)
            .field("tools", &self.tools)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
