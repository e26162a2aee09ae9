//! The functions that code can call while it explores: sub-calls, the answer, and tools.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value, json};

use super::Rlm;
use crate::code::functions::{Functions, by_name};
use crate::code::{Host, HostReply};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::predict::read_outputs;
use crate::problem::Problem;
use crate::signature::{Field, Signature};

pub(super) const LLM_QUERY: &str = "llm_query";
pub(super) const LLM_QUERY_BATCHED: &str = "llm_query_batched";
pub(super) const SUBMIT: &str = "SUBMIT";

/// Do what the prompt says.
#[dspy_macros::signature]
#[derive(Clone, Debug)]
pub struct SubQuery {
    /// The task, and all that is needed for it.
    #[input]
    pub prompt: String,
    /// The answer, and nothing else.
    #[output]
    pub answer: String,
}

/// The functions of one call of a program.
pub(super) struct RlmHost<'a, S: Signature> {
    program: &'a Rlm<S>,
    tools: Functions<'a>,
    /// The context that sub-calls run with.
    asking: Context,
    asked: AtomicUsize,
    output: Mutex<Option<S::Output>>,
}

impl<'a, S: Signature> RlmHost<'a, S> {
    pub(super) fn new(program: &'a Rlm<S>, cx: &'a Context) -> Self {
        let asking = program.sub_lm.as_ref().map_or_else(|| cx.clone(), |lm| cx.with_lm(lm.clone()));
        let tools = Functions { cx, tools: &program.tools, time: program.tool_time };
        Self { program, tools, asking, asked: AtomicUsize::new(0), output: Mutex::default() }
    }

    /// The answer that code has submitted.
    pub(super) fn taken(&self) -> Option<S::Output> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn submit(&self, args: Vec<Value>, named: Map<String, Value>) -> HostReply {
        let all = match by_name(S::schema().outputs().map(Field::name), args, named) {
            Ok(all) => all,
            Err(wrong) => return HostReply::Raise(format!("{SUBMIT}: {wrong}")),
        };
        if let Some(name) = all.keys().find(|name| !S::schema().outputs().any(|field| field.name() == **name))
        {
            return HostReply::Raise(format!(
                "{SUBMIT}: there is no output {name}; it takes {}",
                super::outputs(S::schema())
            ));
        }
        let answer = Value::Object(all);
        match read_outputs::<S>(&answer, self.tools.cx.settings().reply_mode) {
            Ok(output) => {
                *self.output.lock().unwrap_or_else(PoisonError::into_inner) = Some(output);
                HostReply::Finish(answer)
            }
            Err(problems) => {
                HostReply::Raise(format!("{SUBMIT}: this is no answer: {}", Problem::list_whole(&problems)))
            }
        }
    }

    /// Asks for each prompt, or says why not. The answers are in the order of the prompts.
    async fn ask(&self, prompts: Vec<Value>) -> Result<Result<Vec<String>, String>> {
        let mut texts = Vec::with_capacity(prompts.len());
        for prompt in prompts {
            let Value::String(text) = prompt else {
                return Ok(Err(format!("a prompt is a text, not {prompt}")));
            };
            texts.push(text);
        }
        let most = self.program.sub_calls;
        let asked = self.asked.load(Ordering::Relaxed);
        if asked + texts.len() > most {
            let left = most.saturating_sub(asked);
            return Ok(Err(format!(
                "not asked: {} prompts are more than the {left} of {most} that are left",
                texts.len()
            )));
        }
        self.asked.store(asked + texts.len(), Ordering::Relaxed);
        let asking = texts.into_iter().map(|prompt| {
            async move { self.program.query.call(&self.asking, SubQueryInput { prompt }).await }.boxed()
        });
        let answered: Vec<_> = stream::iter(asking).buffered(self.program.concurrency).collect().await;
        let (mut answers, mut failed) = (Vec::with_capacity(answered.len()), None);
        for (answer, place) in answered.into_iter().zip(1..) {
            match answer {
                Ok(answer) => answers.push(answer.into_output().answer),
                Err(error) if can_be_mended(&error) => {
                    failed.get_or_insert_with(|| format!("prompt {place} was not answered: {error:#}"));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(failed.map_or(Ok(answers), Err))
    }

    async fn query(&self, name: &str, args: Vec<Value>, named: Map<String, Value>) -> Result<HostReply> {
        let batched = name == LLM_QUERY_BATCHED;
        let parameter = if batched { "prompts" } else { "prompt" };
        let given = by_name([parameter].into_iter(), args, named);
        let given = given.and_then(|mut given| match given.len() {
            1 => given.remove(parameter).ok_or_else(|| format!("it takes {parameter}")),
            _ => Err(format!("it takes {parameter}")),
        });
        let asked = match given {
            Ok(Value::Array(prompts)) if batched => self.ask(prompts).await?,
            Ok(_) if batched => Err("it takes a list of texts".to_owned()),
            Ok(prompt) => self.ask(vec![prompt]).await?,
            Err(wrong) => Err(wrong),
        };
        Ok(match asked {
            Ok(answers) if batched => HostReply::Value(json!(answers)),
            Ok(answers) => HostReply::Value(answers.into_iter().next().into()),
            Err(wrong) => HostReply::Raise(format!("{name}: {wrong}")),
        })
    }
}

/// Returns whether other code could do without what failed, or ask otherwise.
fn can_be_mended(error: &Error) -> bool {
    use ErrorKind::{ContentFilter, ContextWindow, Data, InvalidRequest, Parse};
    matches!(error.kind(), ContentFilter | ContextWindow | Data | InvalidRequest | Parse)
}

impl<S: Signature> Host for RlmHost<'_, S> {
    fn functions(&self) -> Vec<String> {
        let own = [LLM_QUERY, LLM_QUERY_BATCHED, SUBMIT].map(str::to_owned);
        own.into_iter().chain(self.tools.functions()).collect()
    }

    fn call<'a>(
        &'a self,
        name: &'a str,
        args: Vec<Value>,
        named: Map<String, Value>,
    ) -> BoxFuture<'a, Result<HostReply>> {
        match name {
            SUBMIT => futures_util::future::ready(Ok(self.submit(args, named))).boxed(),
            LLM_QUERY | LLM_QUERY_BATCHED => self.query(name, args, named).boxed(),
            _ => self.tools.call(name, args, named),
        }
    }
}
