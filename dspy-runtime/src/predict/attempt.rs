//! One call of a predictor: render, ask, read, ask again.

use std::sync::Arc;

use super::ask::{Question, Reply};
use super::core::{Predictor, Reading};
use super::native::{turn, with_calls};
use super::read::{Refusal, read};
use crate::adapter::Adapter;
use crate::context::{Context, Exchange, FieldEvent};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Messages, Usage};
use crate::parse::Mode;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::trace::Note;
use crate::value::Record;

/// What goes before advice.
const ADVICE: &str = "What you said to this very input before was not good enough. Take this advice:";

/// One call of a predictor, with everything that is asked again.
pub(super) struct Attempt<'a> {
    predictor: &'a Predictor,
    cx: &'a Context,
    reading: Reading<'a>,
    pub(super) path: Arc<str>,
    pub(super) usage: Usage,
    pub(super) repairs: Vec<Repair>,
    pub(super) notes: Vec<Note>,
    pub(super) exchanges: Vec<Exchange>,
    /// How often a model was asked again.
    asked: u32,
    /// What was wrong with the first reply.
    first: Option<Vec<Problem>>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(predictor: &'a Predictor, cx: &'a Context, reading: Reading<'a>) -> Self {
        Self {
            predictor,
            cx,
            reading,
            path: predictor.path(),
            usage: Usage::default(),
            repairs: Vec::new(),
            notes: Vec::new(),
            exchanges: Vec::new(),
            asked: 0,
            first: None,
        }
    }

    pub(super) async fn run(&mut self, input: &Record) -> Result<Record> {
        let (schema, adapter) = (self.predictor.schema(), self.predictor.adapter(self.cx));
        let tools = self.reading.native.as_ref().map(|native| native.tools).unwrap_or_default();
        let question = Question { schema, adapter, cx: self.cx, tools };
        let extraction = adapter.extraction();
        let (usage, messages) = self.predictor.rendered(self.cx, input).await;
        self.usage += usage;
        let mut messages = messages?;
        if let Some(advice) = self.cx.advice(&self.path) {
            messages.add_to_last(&format!("\n\n{ADVICE}\n{advice}"));
            self.notes.push(Note::Advised { advice: advice.to_owned() });
        }
        if let Some(native) = &self.reading.native {
            native.turns.iter().for_each(|turn| messages.push(turn.clone()));
        }
        loop {
            let reply = self.ask(&question, messages.clone()).await?;
            if let Some(native) = &mut self.reading.native {
                let (said, mended) = match self.cx.reply_mode() {
                    Mode::Tolerant => with_calls(reply.said, native.tools, native.turns.len()),
                    Mode::Strict => (reply.said, None),
                };
                self.repairs.extend(mended.into_iter().chain(reply.ran_on.then_some(Repair::RunOn)));
                let record = turn(schema, &said);
                *native.said = Some(said);
                return match (self.reading.decode)(record.clone()) {
                    Ok(()) => Ok(record),
                    Err(problems) => Err(unreadable(problems, None, 0)),
                };
            }
            let read = match &extraction {
                Some(adapter) => self.extract(adapter, reply.said.text()).await?,
                None => self.read(&question, &reply).map_err(Refusal::into_problems),
            };
            match read {
                Ok(record) => return Ok(record),
                Err(problems) => self.again(&question, &mut messages, reply, problems).await?,
            }
        }
    }

    /// Has a free answer read. What cannot be read is asked for again here; the problems that come back are
    /// those of the answer itself.
    async fn extract(
        &mut self,
        adapter: &Arc<dyn Adapter>,
        answer: &str,
    ) -> Result<Result<Record, Vec<Problem>>> {
        let cx = self.cx.extracting();
        let schema = self.predictor.schema().extraction();
        let question = Question { schema, adapter, cx: &cx, tools: &[] };
        let mut messages = self.predictor.render_extraction(schema, adapter, answer, &cx);
        self.notes.push(Note::Extracted { by: cx.lm().id().to_string() });
        loop {
            let reply = self.ask(&question, messages.clone()).await?;
            match self.read(&question, &reply) {
                Ok(record) => return Ok(Ok(record)),
                Err(Refusal::Unfit(problems)) => return Ok(Err(problems)),
                Err(Refusal::Unreadable(problems)) => {
                    self.again(&question, &mut messages, reply, problems).await?;
                }
            }
        }
    }

    async fn ask(&mut self, question: &Question<'_>, messages: Messages) -> Result<Reply> {
        let (usage, outcome) =
            question.ask(&self.path, messages, self.reading.check_field, &mut self.exchanges).await;
        self.usage += usage;
        self.notes.extend(outcome.iter().filter(|reply| reply.is_hit).map(|_| Note::FromCache));
        self.notes.extend(outcome.iter().flat_map(|reply| dropped(reply, question.cx)));
        outcome.map_err(|error| match self.first.take() {
            Some(first) => after(first, error),
            None => error,
        })
    }

    fn read(&mut self, question: &Question<'_>, reply: &Reply) -> Result<Record, Refusal> {
        if let Some((field, problems)) = &reply.stopped {
            self.notes.push(Note::StoppedEarly { field: field.clone() });
            return Err(Refusal::Unfit(problems.clone()));
        }
        let (record, repairs) = read(question, reply.said.text(), &mut *self.reading.decode)?;
        self.repairs.extend(repairs.into_iter().chain(reply.ran_on.then_some(Repair::RunOn)));
        Ok(record)
    }

    /// Puts the reply and what is wrong with it to the messages, if there is another try.
    async fn again(
        &mut self,
        question: &Question<'_>,
        messages: &mut Messages,
        reply: Reply,
        problems: Vec<Problem>,
    ) -> Result<()> {
        if self.asked == self.cx.reasks() {
            return Err(unreadable(problems, self.first.take(), self.asked));
        }
        self.asked += 1;
        self.repairs.push(Repair::AskedAgain);
        if let Some(sink) = self.cx.sink() {
            let _ = sink.send(FieldEvent::Again { path: self.path.clone() }).await;
        }
        messages.push(reply.said);
        messages.push(question.adapter.again(question.schema, &problems));
        self.first.get_or_insert(problems);
        Ok(())
    }
}

fn dropped<'a>(reply: &'a Reply, cx: &'a Context) -> impl Iterator<Item = Note> + 'a {
    let model = cx.lm().id().to_string();
    let note = move |parameter: &String| Note::ParameterDropped {
        parameter: parameter.clone(),
        model: model.clone(),
    };
    reply.dropped.iter().map(note)
}

/// The error after the last reply, which keeps what was wrong with the first.
fn unreadable(problems: Vec<Problem>, first: Option<Vec<Problem>>, asked: u32) -> Error {
    let times = match asked {
        0 => "the reply cannot be read".to_owned(),
        1 => "the reply cannot be read, nor the one after asking again".to_owned(),
        n => format!("the reply cannot be read, nor those after asking again {n} times"),
    };
    let Some(first) = first else { return Problem::error(ErrorKind::Parse, problems).context(times) };
    let was = match first == problems {
        true => "the same".to_owned(),
        false => Problem::list(&first),
    };
    let message = format!("{times}: {}; of the first reply: {was}", Problem::list(&problems));
    Error::new(ErrorKind::Parse, message).with_problems(problems).with_first_problems(first)
}

/// An error of asking again, which keeps why it was asked again.
fn after(first: Vec<Problem>, error: Error) -> Error {
    let why = format!("asked again because the reply cannot be read ({})", Problem::list(&first));
    error.context(why).with_first_problems(first)
}
