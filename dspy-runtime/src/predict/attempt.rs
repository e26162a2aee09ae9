//! One call of a predictor: render, ask, read, ask again.

use std::sync::Arc;

use super::ask::{Had, Kept, Nothing, Question, Reply};
use super::core::{Predictor, Reading};
use super::digits::may_be_cut;
use super::native::{turn, with_calls};
use super::read::{Refusal, read};
use super::vary::Vary;
use crate::adapter::Adapter;
use crate::context::{Context, Exchange, FieldEvent};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{JsonSupport, Messages, Usage};
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
    /// The replies so far.
    replies: Vec<Had>,
    /// How often a model was asked again.
    asked: u32,
    /// What was wrong with the first reply.
    first: Option<Vec<Problem>>,
    /// The reply before.
    last: Option<String>,
    /// Whether numbers that the server may have cut are wanted in quotes.
    quotes: bool,
}

/// What goes before the problems of a reply that a prompt in another form does not show.
const EARLIER: &str = "A reply before this one could not be read:";

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
            replies: Vec::new(),
            asked: 0,
            first: None,
            last: None,
            quotes: false,
        }
    }

    pub(super) async fn run(&mut self, input: &Record) -> Result<Record> {
        match self.answer(input).await {
            Err(error) if error.is_parse() => Err(self.let_go(error).await),
            outcome => outcome,
        }
    }

    /// Has the caches let go of replies that came to nothing, or the same error would come back for ever.
    async fn let_go(&mut self, error: Error) -> Error {
        let (all, hits) = (self.replies.len(), self.replies.iter().filter(|had| had.is_hit).count());
        for Had { lm, request, text, .. } in self.replies.drain(..) {
            lm.model().forget(&request, &text).await;
        }
        match (hits, all) {
            (0, _) => error,
            (1, 1) => error.context("the reply came from the cache, which has let go of it"),
            _ => error
                .context(format!("{hits} of {all} replies came from the cache, which has let go of them")),
        }
    }

    async fn answer(&mut self, input: &Record) -> Result<Record> {
        let (schema, adapter) = (self.predictor.schema(), self.predictor.adapter(self.cx).clone());
        let tools = self.reading.native.as_ref().map(|native| native.tools).unwrap_or_default();
        let extraction = adapter.extraction(self.cx.settings().reading_lm().model().json_support());
        let mut question =
            Question { schema, adapter, cx: self.cx, tools, quotes: false, vary: Vary::default() };
        let mut messages = self.rendered(&question.adapter, input).await?;
        self.notes.extend(self.advice().map(|advice| Note::Advised { advice: advice.to_owned() }));
        if let Some(native) = &self.reading.native {
            native.turns.iter().for_each(|turn| messages.push(turn.clone()));
        }
        loop {
            let reply = self.ask(&question, messages.clone()).await?;
            if let Some(native) = &mut self.reading.native {
                let (said, mended) = match self.cx.settings().reply_mode {
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
                Some(adapter) if reply.nothing.is_none() => {
                    self.extract(adapter, reply.said.text()).await?.map_err(Refusal::Unfit)
                }
                _ => self.read(&question, &reply),
            };
            match read {
                Ok(record) => return Ok(record),
                Err(refusal) => self.again(&mut question, &mut messages, reply, refusal, Some(input)).await?,
            }
        }
    }

    /// The messages that ask in the form of an adapter.
    async fn rendered(&mut self, adapter: &Arc<dyn Adapter>, input: &Record) -> Result<Messages> {
        let (usage, messages) = self.predictor.rendered(adapter, self.cx, input).await;
        self.usage += usage;
        let mut messages = messages?;
        if let Some(advice) = self.advice() {
            messages.add_to_last(&format!("\n\n{ADVICE}\n{advice}"));
        }
        Ok(messages)
    }

    fn advice(&self) -> Option<&'a str> {
        self.cx.scope().advice(&self.path)
    }

    /// Has a free answer read. What cannot be read is asked for again here; the problems that come back are
    /// those of the answer itself.
    async fn extract(
        &mut self,
        adapter: &Arc<dyn Adapter>,
        answer: &str,
    ) -> Result<Result<Record, Vec<Problem>>> {
        let other = self.cx.settings().extraction_lm.as_ref().map(|lm| self.cx.with_lm(lm.clone()));
        let cx = other.as_ref().unwrap_or(self.cx);
        let schema = self.predictor.schema().extraction();
        let mut question = Question {
            schema,
            adapter: adapter.clone(),
            cx,
            tools: &[],
            quotes: false,
            vary: Vary::default(),
        };
        let mut messages = self.predictor.render_extraction(schema, adapter, answer, cx);
        self.notes.push(Note::Extracted { by: cx.lm().id().to_string() });
        loop {
            let reply = self.ask(&question, messages.clone()).await?;
            match self.read(&question, &reply) {
                Ok(record) => return Ok(Ok(record)),
                Err(Refusal::Unfit(problems)) => return Ok(Err(problems)),
                Err(refusal) => self.again(&mut question, &mut messages, reply, refusal, None).await?,
            }
        }
    }

    async fn ask(&mut self, question: &Question<'_>, messages: Messages) -> Result<Reply> {
        let Self { exchanges, notes, replies, .. } = self;
        let mut kept = Kept { exchanges, notes, replies };
        let (usage, outcome) = question.ask(&self.path, messages, self.reading.check_field, &mut kept).await;
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
        if let Some(nothing) = reply.nothing {
            return Err(Refusal::Unreadable(vec![Problem::new("", reply.said.text(), nothing.reason())]));
        }
        let (record, repairs) = read(question, reply.said.text(), &mut *self.reading.decode)?;
        let cut = may_be_cut(question, reply.said.text(), &record);
        if !cut.is_empty() {
            self.quotes = true;
            return Err(Refusal::Unreadable(cut));
        }
        self.repairs.extend(repairs.into_iter().chain(reply.ran_on.then_some(Repair::RunOn)));
        Ok(record)
    }

    /// Changes the question so that the next reply can be better, if there is another try: it tells what is wrong with
    /// the reply, asks in another form where there is one that the model can be held to, and with other sampling where
    /// the reply would come back as it was.
    async fn again(
        &mut self,
        question: &mut Question<'_>,
        messages: &mut Messages,
        reply: Reply,
        refusal: Refusal,
        input: Option<&Record>,
    ) -> Result<()> {
        let held = question.cx.lm().model().json_support() != JsonSupport::None;
        let other = match (&refusal, input) {
            (Refusal::Unreadable(_), Some(input)) if held => {
                question.adapter.again_in().map(|adapter| (adapter, input))
            }
            _ => None,
        };
        let problems = refusal.into_problems();
        if self.asked == self.cx.reasks() {
            return Err(unreadable(problems, self.first.take(), self.asked));
        }
        self.asked += 1;
        self.repairs.push(Repair::AskedAgain);
        if let Some(sink) = self.cx.scope().sink() {
            let _ = sink.send(FieldEvent::Again { path: self.path.clone() }).await;
        }
        question.quotes = self.quotes;
        self.vary(question, &reply);
        if let Some((adapter, input)) = other {
            self.notes.push(Note::AskedInForm { form: adapter.name().to_owned() });
            *messages = self.rendered(&adapter, input).await?;
            messages.add_to_last(&format!("\n\n{EARLIER} {}", Problem::list(&problems)));
            question.adapter = adapter;
        } else if reply.nothing == Some(Nothing::OnlyThoughts) {
            // Not every provider takes back a message that says nothing.
            messages.add_to_last(&format!("\n\n{EARLIER} {}", Problem::list(&problems)));
        } else if reply.nothing.is_none() {
            messages.push(reply.said);
            messages.push(question.adapter.again(question.schema, &problems));
        }
        self.first.get_or_insert(problems);
        Ok(())
    }

    /// Asks for other sampling where a reply goes round in circles or came back unchanged.
    fn vary(&mut self, question: &mut Question<'_>, reply: &Reply) {
        let before = self.last.replace(reply.said.text().to_owned());
        match reply.nothing {
            Some(Nothing::InCircles) => question.vary.out_of_circles(),
            _ if before == self.last => question.vary.warmer(),
            _ => return,
        }
        self.notes.push(Note::Varied { parameters: question.vary.parameters() });
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
