//! One run of an agent.

use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::Value;

use super::limits::{LeftOut, clipped};
use super::output::Wanted;
use super::protocol::{AGAIN, SILENT, SUBMIT};
use super::spoken::{is_in, nothing_done};
use super::{AgentOutput, Approval, ReAct, StopReason, ToolInvocation, Turn};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Message, ToolCall, ToolSpec};
use crate::predict::read_outputs;
use crate::predictor::{Native, Reading};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Constraint, Field, Fields, Signature};
use crate::tool::failed;
use crate::value::Record;

/// The state of a run so far.
pub(super) struct Run<'a, S> {
    agent: &'a ReAct<S>,
    cx: &'a Context,
    /// The context that turns run with.
    acting: Context,
    native: bool,
    specs: Vec<ToolSpec>,
    input: Record,
    turns: Vec<Turn>,
    /// The turns as messages, of each turn the model's and then the tools'.
    said: Vec<Vec<Message>>,
    left_out: LeftOut,
    tool_calls: usize,
    tokens: u64,
    /// The turn whose tools run.
    running: Option<Decision>,
    /// Returns whether the model was reminded that it has called no tool before its answer.
    warned: bool,
    /// The reminder for the model after the last turn, which brought nothing new.
    reminder: Option<&'static str>,
}

/// The reason there is no further turn.
enum End<O> {
    Submitted(O),
    Out(StopReason),
}

/// The decision of a model in a turn.
#[derive(Clone)]
struct Decision {
    thought: String,
    calls: Vec<ToolCall>,
    said: Message,
    /// Tells whether a call was taken out of its text.
    mended: bool,
}

/// The number of turns in a row that may call no tool.
const SILENT_TURNS: usize = 2;

impl<'a, S: Signature> Run<'a, S> {
    pub(super) fn new(agent: &'a ReAct<S>, cx: &'a Context, input: Record) -> Self {
        let (specs, native) = (agent.specs(), agent.is_native(cx));
        let adapters = &agent.adapters;
        let acting = if native { adapters.native(cx) } else { adapters.text(cx, &specs) };
        Self {
            agent,
            cx,
            acting,
            native,
            specs,
            input,
            turns: Vec::new(),
            said: Vec::new(),
            left_out: LeftOut::default(),
            tool_calls: 0,
            tokens: 0,
            running: None,
            warned: false,
            reminder: None,
        }
    }

    pub(super) async fn answer(mut self) -> Result<AgentOutput<S::Output>> {
        let end = match self.agent.limits.time {
            None => self.act().await?,
            Some(time) => match tokio::time::timeout(time, self.act()).await {
                Ok(end) => end?,
                Err(_) => {
                    self.give_up();
                    End::Out(StopReason::Time)
                }
            },
        };
        let (output, ended) = match end {
            End::Submitted(output) => (output, StopReason::Submitted),
            End::Out(ended) => (self.extract().await?, ended),
        };
        Ok(AgentOutput { output, trajectory: self.turns, stop_reason: ended })
    }

    /// Takes turns until there is an answer, or no further turn.
    async fn act(&mut self) -> Result<End<S::Output>> {
        let mut silent = 0;
        for _ in 0..self.agent.limits.turns {
            if self.agent.limits.tokens.is_some_and(|most| self.tokens >= most) {
                return Ok(End::Out(StopReason::Tokens));
            }
            let decision = match self.decide().await {
                Ok(Some(decision)) => decision,
                Ok(None) => continue,
                Err(error) if error.kind() == ErrorKind::Parse && self.has_called() => {
                    return Ok(End::Out(StopReason::Unread));
                }
                Err(error) => return Err(error),
            };
            if decision.calls.is_empty() {
                silent += 1;
                self.remember(decision, Vec::new());
                if silent == SILENT_TURNS {
                    return Ok(End::Out(StopReason::Silent));
                }
                continue;
            }
            silent = 0;
            let observed = match &*decision.calls {
                [call] if call.name == SUBMIT => match self.submitted(&decision, &call.arguments) {
                    Ok(output) => return Ok(End::Submitted(output)),
                    Err(observation) => vec![observation],
                },
                calls => {
                    self.running = Some(decision.clone());
                    let observed = self.observe(calls).await?;
                    self.running = None;
                    observed
                }
            };
            self.remember(decision, observed);
            if self.agent.limits.tool_calls.is_some_and(|most| self.tool_calls > most) {
                return Ok(End::Out(StopReason::Calls));
            }
        }
        Ok(End::Out(StopReason::Turns))
    }

    /// Asks for the next turn. A prompt that the model cannot take is shortened for the turn after, if that can be.
    async fn decide(&mut self) -> Result<Option<Decision>> {
        self.fit();
        let (input, notes) = (self.seen(), self.left_out.notes());
        let (mut taken, mut said) = (None, None);
        let names = self.agent.outputs();
        let mut decode = |record: Record| {
            taken = Some(wanted(names, &record)?);
            Ok(())
        };
        let mut reading = Reading::new(&mut decode, |_, _| Vec::new());
        reading.notes = notes;
        let turns = self.said_since();
        if self.native {
            reading.native = Some(Native { tools: &self.specs, turns: &turns, said: &mut said });
        }
        match self.agent.react.run(&self.acting, input, reading).await {
            Ok(step) => {
                self.tokens += step.usage.total_tokens();
                let (thought, wanted): (String, Vec<Wanted>) =
                    taken.ok_or_else(|| Error::new(ErrorKind::Parse, "no turn was read"))?;
                let mut said = said.unwrap_or_else(|| Message::assistant(""));
                let mended = step.repairs.contains(&Repair::CallInText);
                let mut calls = self.named(wanted, &said);
                if mended && calls.len() > 1 {
                    calls = self.up_to_answer(calls);
                    said = said.with_tool_calls(if self.native { calls.clone() } else { Vec::new() });
                }
                Ok(Some(Decision { thought, calls, said, mended }))
            }
            Err(error) => self.left_out.shorten(self.turns.len(), error).map(|()| None),
        }
    }

    /// The calls of a text that goes on to the answer at once, as small models do. What was called before is known, so
    /// that an answer after it counts; one after other calls was given before they were, and is left out. So is all
    /// that follows an answer.
    fn up_to_answer(&self, calls: Vec<ToolCall>) -> Vec<ToolCall> {
        let mut before = Vec::new();
        for call in calls {
            if call.name != SUBMIT {
                before.push(call);
                continue;
            }
            before.retain(|call| !self.knows(call));
            return if before.is_empty() { vec![call] } else { before };
        }
        before
    }

    /// Returns whether a call was made in an earlier turn, and gave something.
    fn knows(&self, call: &ToolCall) -> bool {
        self.turns.iter().flat_map(|turn| &turn.calls).any(|made| {
            let failed = made.observation.get("error").is_some();
            !failed && made.tool == call.name && made.arguments == call.arguments
        })
    }

    /// The calls with the names that the provider has for them, or names of our own.
    fn named(&self, wanted: Vec<Wanted>, said: &Message) -> Vec<ToolCall> {
        if self.native {
            return said.tool_calls().to_vec();
        }
        let turn = self.turns.len();
        let named = wanted.into_iter().enumerate();
        named.map(|(i, call)| ToolCall::new(format!("call_{turn}_{i}"), call.tool, call.arguments)).collect()
    }

    /// The outputs, or what to tell the model of those that do not fit.
    ///
    /// A small model often answers before it has asked anything. One that writes its calls as text is a small one, and
    /// is reminded, once. A number that was neither given nor said is made up: it is taken once the model has called a
    /// tool, or has explained how it gets it.
    fn submitted(&mut self, decision: &Decision, arguments: &Value) -> Result<S::Output, Value> {
        let output = read_outputs::<S>(arguments, self.cx.settings().reply_mode)
            .map_err(|problems| failed(format!("this is no answer: {}", Problem::list_whole(&problems))))?;
        if self.has_called() || self.specs.len() == 1 {
            return Ok(output);
        }
        let is_known = self.is_known(&output, &decision.thought);
        let unasked = decision.mended && !std::mem::replace(&mut self.warned, true);
        if is_known && !unasked { Ok(output) } else { Err(failed(self.early())) }
    }

    /// Returns the message to a model that answers before it has called anything.
    fn early(&self) -> String {
        let tools = self.specs.iter().map(|tool| tool.name.as_str()).filter(|name| *name != SUBMIT);
        format!(
            "no tool has been called yet, so this is a guess: call `{}` first for what the answer needs; if it needs \
             nothing, say in words how it follows, and call `{SUBMIT}` again",
            tools.collect::<Vec<_>>().join("` or `")
        )
    }

    /// Returns whether the numbers of an answer were given, or said in a turn or in this thought. One that
    /// its signature bounds is a judgement, such as a mark from 1 to 5, and comes from nowhere else.
    fn is_known(&self, output: &S::Output, thought: &str) -> bool {
        let now = Turn::said(thought);
        let is_judged = |field: &Field| {
            let bounds = |bound: &Constraint| matches!(bound, Constraint::Max(_) | Constraint::OneOf(_));
            field.constraints().iter().any(bounds)
        };
        let stated = S::schema().outputs().filter(|field| !is_judged(field)).map(Field::name);
        output
            .to_record()
            .is_ok_and(|output| is_in(&output.only(stated), self.turns.iter().chain([&now]), &self.input))
    }

    /// Returns the results of the tools, in the order of their calls.
    async fn observe(&mut self, calls: &[ToolCall]) -> Result<Vec<Value>> {
        let mut approved = Vec::new();
        for call in calls {
            let may = self.may_run(call).await;
            approved.push(may);
        }
        let limits = &self.agent.limits;
        let running = calls.iter().zip(approved).map(async |(call, approved)| match approved {
            Ok(arguments) => {
                let tools = &self.agent.tools;
                let given = tools.call(self.cx, call, arguments, Some(limits.tool_time)).await?;
                Ok(clipped(given, limits.observation))
            }
            Err(refused) => Ok(refused),
        });
        join_all(running).await.into_iter().collect()
    }

    /// The arguments with which a tool may run, or what to tell the model instead.
    async fn may_run(&mut self, call: &ToolCall) -> Result<Value, Value> {
        if call.name == SUBMIT {
            let early =
                "the answer is not taken: call `submit` alone, once you have seen what the other tools give";
            return Err(failed(early));
        }
        self.tool_calls += 1;
        if let Some(most) = self.agent.limits.tool_calls.filter(|most| self.tool_calls > *most) {
            return Err(failed(format!(
                "the call was not made: {most} calls of tools are all that there may be"
            )));
        }
        let Some(approver) = &self.agent.approver else { return Ok(call.arguments.clone()) };
        match approver.ask(call.clone()).await {
            Approval::Run => Ok(call.arguments.clone()),
            Approval::RunWith(arguments) => Ok(arguments),
            Approval::Refuse(why) if why.is_empty() => Err(failed("the call was not approved")),
            Approval::Refuse(why) => Err(failed(format!("the call was not approved: {why}"))),
        }
    }

    /// Returns whether a tool was called so far.
    fn has_called(&self) -> bool {
        self.turns.iter().flat_map(|turn| &turn.calls).any(|call| call.tool != SUBMIT)
    }

    /// Remembers the turn whose tools ran when time was up.
    fn give_up(&mut self) {
        if let Some(decision) = self.running.take() {
            let nothing = || failed("it was cancelled, because the time for all turns was up");
            let observed = decision.calls.iter().map(|_| nothing()).collect();
            self.remember(decision, observed);
        }
    }

    fn remember(&mut self, decision: Decision, observed: Vec<Value>) {
        let Decision { thought, calls, said, .. } = decision;
        let told =
            |observation: &Value| observation.as_str().map_or_else(|| observation.to_string(), str::to_owned);
        let answers: Vec<_> = match self.native {
            true => {
                calls.iter().zip(&observed).map(|(call, given)| Message::tool(call, told(given))).collect()
            }
            false => Vec::new(),
        };
        let called = calls.into_iter().zip(observed);
        let calls: Vec<_> = called
            .map(|(call, observation)| ToolInvocation {
                tool: call.name,
                arguments: call.arguments,
                observation,
            })
            .collect();
        self.reminder = match &*calls {
            [] => Some(SILENT),
            calls if calls.iter().all(|call| self.turns.iter().any(|turn| turn.calls.contains(call))) => {
                Some(AGAIN)
            }
            _ => None,
        };
        if self.native {
            let asked = self.reminder.map(Message::user);
            self.said.push(std::iter::once(said).chain(answers).chain(asked).collect());
        }
        self.turns.push(Turn { thought, calls });
    }

    /// Reads the answer out of what was done. Where no tool was called, it must stand in what the model said: a
    /// number that does not is made up.
    async fn extract(&mut self) -> Result<S::Output> {
        let done = self.has_called();
        if !done && self.turns.iter().all(|turn| turn.thought.trim().is_empty()) {
            return Err(nothing_done(&self.turns));
        }
        self.fit();
        let input = self.seen();
        let read = self.agent.extract.call_noted(self.cx, input, self.left_out.notes()).await?;
        let output = read.into_inner().output;
        match done || is_in(&output.to_record()?, self.turns.iter(), &self.input) {
            true => Ok(output),
            false => Err(nothing_done(&self.turns)),
        }
    }

    /// Leaves out the earliest turns until the others fit into the window; the last one stays.
    fn fit(&mut self) {
        let Some(most) = self.agent.limits.window else { return };
        let sizes =
            self.turns.iter().map(|turn| serde_json::to_string(turn).map_or(0, |json| json.len() / 4));
        let sizes: Vec<usize> = sizes.collect();
        let LeftOut(left_out) = &mut self.left_out;
        while *left_out + 1 < sizes.len() && sizes[*left_out..].iter().sum::<usize>() > most {
            *left_out += 1;
        }
    }

    /// The inputs, with the turns that are shown.
    fn seen(&self) -> Record {
        let (gap, asked) = (self.gap(), self.asked());
        let shown: Vec<&Turn> = gap.iter().chain(&self.turns[self.left_out.0..]).chain(&asked).collect();
        let mut input = self.input.clone();
        input.insert(&self.agent.seen, serde_json::to_value(shown).unwrap_or_default());
        input
    }

    /// Returns them as messages.
    fn said_since(&self) -> Vec<Message> {
        let gap = self.gap().map(|gap| Message::user(gap.thought));
        gap.into_iter().chain(self.said.iter().skip(self.left_out.0).flatten().cloned()).collect()
    }

    /// Returns the message to a model after the last turn, as a turn.
    fn asked(&self) -> Option<Turn> {
        self.reminder.map(Turn::said)
    }

    /// Returns the text in the place of turns that are not shown, if there are any.
    fn gap(&self) -> Option<Turn> {
        (self.left_out.0 > 0).then(|| Turn::left_out(self.left_out.0))
    }
}

/// The thought and the calls of a turn.
fn wanted(names: [&str; 2], record: &Record) -> Result<(String, Vec<Wanted>), Vec<Problem>> {
    let thought = record.get(names[0]).and_then(Value::as_str).unwrap_or_default().to_owned();
    let calls = record.get(names[1]).unwrap_or(&Value::Null);
    match Vec::deserialize(calls) {
        Ok(calls) => Ok((thought, calls)),
        Err(error) => Err(vec![Problem::new(names[1], &calls.to_string(), &format!("{error:#}"))]),
    }
}
