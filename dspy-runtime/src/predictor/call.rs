//! One call of a predictor, from its inputs to its outputs.
//!
//! It reads from top to bottom: an [`Attempt`] renders the prompt, asks, reads the reply and asks again; a
//! [`Question`] makes one LM call and says what came of it; and [`read`] takes a reply as outputs or says why not.

use std::sync::Arc;

use serde_json::Value;

use super::digits::{may_be_cut, quotable};
use super::show::{Show, Spoken, send, show_turn, thought};
use super::turn::{turn, with_calls};
use super::vary::{Vary, goes_in_circles};
use super::{Predictor, Reading};
use crate::adapter::Adapter;
use crate::adapter::split::Splitter;
use crate::context::{Context, FieldEvent, Sent};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{
    FinishReason, JsonSupport, Lm, Message, Messages, Request, Response, ResponseFormat, ToolSpec, Usage,
    is_refusal,
};
use crate::parse::{self, Mode, Parsed, calls};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Field, Schema};
use crate::trace::{Exchange, Note};
use crate::value::Record;

/// The words before advice.
const ADVICE: &str = "What you said to this very input before was not good enough. Take this advice:";

/// The words before the problems of a reply that a prompt in another form does not show.
const EARLIER: &str = "A reply before this one could not be read:";

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
    /// The number of times a model was asked again.
    asked: u32,
    /// The problems of the first reply.
    first: Option<Vec<Problem>>,
    /// The reply before.
    last: Option<String>,
    /// Tells whether numbers that the server may have cut are wanted in quotes.
    quotes: bool,
    /// The task as it is asked: without the reasoning that the model gives by itself.
    asked_for: &'a Schema,
    /// The model's own reasoning before its last reply.
    thoughts: Option<String>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(predictor: &'a Predictor, cx: &'a Context, reading: Reading<'a>) -> Self {
        // What a turn with tools gives is read otherwise.
        let asked_for = if reading.native.is_some() { predictor.schema() } else { predictor.asked(cx) };
        Self {
            asked_for,
            thoughts: None,
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
        let (schema, adapter) = (self.asked_for, self.predictor.adapter(self.cx).clone());
        let tools = self.reading.native.as_ref().map(|native| native.tools).unwrap_or_default();
        let extraction = adapter.extraction(self.cx.settings().reading_lm().model().json_support());
        let mut question = Question {
            schema,
            whole: self.predictor.schema(),
            adapter,
            cx: self.cx,
            tools,
            quotes: false,
            vary: Vary::default(),
        };
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
                show_turn(self.cx.scope().sink(), &self.path, schema, &record).await;
                return match (self.reading.decode)(record.clone()) {
                    Ok(()) => Ok(record),
                    Err(problems) => Err(unreadable(problems, None, 0)),
                };
            }
            self.thoughts.clone_from(&reply.thoughts);
            let read = match &extraction {
                _ if reply.nothing.is_none() && reply.stopped.is_none() && self.lacks_thoughts() => {
                    Err(Refusal::Thoughtless)
                }
                Some(adapter) if reply.nothing.is_none() => {
                    self.extract(adapter, reply.said.text()).await?.map_err(Refusal::Unfit)
                }
                _ => self.read(&question, &reply),
            };
            match read {
                Ok(record) => return Ok(record),
                Err(refusal) => self.again(&mut question, &mut messages, reply, refusal, Some(input)).await?,
            }
            question.schema = self.asked_for;
        }
    }

    /// The messages that ask in the form of an adapter.
    async fn rendered(&mut self, adapter: &Arc<dyn Adapter>, input: &Record) -> Result<Messages> {
        let (usage, messages) = self.predictor.rendered(adapter, self.cx, input, self.asked_for).await;
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

    /// Returns whether the model was to give its reasoning and did not.
    fn lacks_thoughts(&self) -> bool {
        self.thoughts.is_none()
            && !std::ptr::eq(self.asked_for, &**self.predictor.schema())
            && self.reading.native.is_none()
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
        let schema = self.asked_for.extraction();
        let mut question = Question {
            schema,
            whole: self.predictor.schema(),
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
        let (record, repairs) =
            read(question, reply.said.text(), self.thoughts.as_deref(), &mut *self.reading.decode)?;
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
        let thoughtless = matches!(refusal, Refusal::Thoughtless);
        let problems = match refusal {
            Refusal::Unreadable(problems) | Refusal::Unfit(problems) => problems,
            Refusal::Thoughtless => {
                let name = self.predictor.schema().reasoning().map_or("", Field::name);
                vec![Problem::new(name, "", "the model was to give its own reasoning, and gave none")]
            }
        };
        if self.asked == self.cx.parse_retries() {
            return Err(unreadable(problems, self.first.take(), self.asked));
        }
        self.asked += 1;
        self.repairs.push(Repair::AskedAgain);
        if let Some(sink) = self.cx.scope().sink() {
            let _ = sink.send(FieldEvent::Again { path: self.path.clone() }).await;
        }
        question.quotes = self.quotes;
        self.vary(question, &reply);
        if thoughtless {
            // It is asked for like other outputs from here on.
            self.asked_for = self.predictor.schema();
            if let Some(input) = input {
                *messages = self.rendered(&question.adapter.clone(), input).await?;
            }
        } else if let Some((adapter, input)) = other {
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

/// The question, its form and its model.
pub(super) struct Question<'a> {
    /// The task as it is asked.
    pub(super) schema: &'a Schema,
    /// The task with all outputs.
    whole: &'a Schema,
    pub(super) adapter: Arc<dyn Adapter>,
    pub(super) cx: &'a Context,
    /// The tools that the model may ask for in its provider's way.
    tools: &'a [ToolSpec],
    /// Tells whether whole numbers may stand in quotes.
    quotes: bool,
    vary: Vary,
}

/// The reply that came back.
struct Reply {
    said: Message,
    /// The field at which the reply was stopped, and what is wrong with it.
    stopped: Option<(String, Vec<Problem>)>,
    /// The reason there is nothing in it to read.
    nothing: Option<Nothing>,
    /// The model's own reasoning.
    thoughts: Option<String>,
    /// Parameters that were not sent.
    dropped: Vec<String>,
    /// Tells whether it came out of a cache.
    is_hit: bool,
    /// Tells whether the token limit cut off only what a model wrote after the end of its reply.
    ran_on: bool,
}

/// The reason a reply holds no answer, however it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nothing {
    /// The token limit cut it off while it went round in circles.
    InCircles,
    /// The model thought, and said nothing.
    OnlyThoughts,
}

impl Nothing {
    /// Returns the reason for the caller, and for the model where it is asked again.
    fn reason(self) -> &'static str {
        match self {
            Self::InCircles => "it says the same over and over until the token limit cut it off",
            Self::OnlyThoughts => {
                "it is reasoning alone, and no answer came after it; where a server takes answers for reasoning, turn \
                 its reasoning parser off"
            }
        }
    }
}

/// A reply that a model has given, and to what.
struct Had {
    lm: Lm,
    request: Arc<Request>,
    text: String,
    is_hit: bool,
}

/// The record of the calls, whatever comes of them.
struct Kept<'a> {
    exchanges: &'a mut Vec<Exchange>,
    notes: &'a mut Vec<Note>,
    replies: &'a mut Vec<Had>,
}

impl Question<'_> {
    /// Asks, and asks in a weaker form where the server refuses to hold the model to one: it knows what the library
    /// can only guess, such as which of its models take a schema.
    async fn ask(
        &self,
        path: &Arc<str>,
        messages: Messages,
        check_field: fn(&str, &Value) -> Vec<Problem>,
        kept: &mut Kept<'_>,
    ) -> (Usage, Result<Reply>) {
        let lm = self.cx.lm();
        let mut request = self.cx.settings().request(messages);
        request.tools = self.tools.to_vec();
        self.vary.apply(&mut request);
        let mut wanted = held_to(self.adapter.format(self.schema), lm.model().json_support());
        if self.quotes {
            wanted = quotable(wanted);
        }
        let (mut request, mut used) = (Arc::new(request), Usage::default());
        loop {
            let form = lm.refused_forms().strongest(wanted.clone());
            let asked = Arc::make_mut(&mut request);
            if form == ResponseFormat::Text {
                asked.hints.stop = self.adapter.stops(self.schema);
            }
            asked.format = form.clone();
            let (usage, outcome) = self.send(path, request.clone(), check_field, kept).await;
            used += usage;
            match &outcome {
                Err(error) if is_refusal(error, &form) => {
                    lm.refused_forms().add(&form);
                    kept.notes.push(Note::FormRefused { form: form.to_string(), model: lm.id().to_string() });
                }
                _ => return (used, outcome),
            }
        }
    }

    async fn send(
        &self,
        path: &Arc<str>,
        request: Arc<Request>,
        check_field: fn(&str, &Value) -> Vec<Problem>,
        kept: &mut Kept<'_>,
    ) -> (Usage, Result<Reply>) {
        // Someone who looks needs the reply bit by bit, and so does whoever may stop it.
        let (sink, is_text) = (self.cx.scope().sink(), self.tools.is_empty());
        let stops = is_text && self.cx.scope().stops_early(self.cx.settings());
        let wanted = sink.is_some() || stops;
        let splitter = || match is_text {
            true => self.adapter.splitter(self.schema),
            false => Some(Box::new(Spoken::new(self.schema)) as Box<dyn Splitter>),
        };
        let own = self.own_reasoning();
        let Some(splitter) = wanted.then(splitter).flatten() else {
            let (usage, outcome) = self.cx.scope().complete(self.cx.settings(), path, &request).await;
            let asked = request.clone();
            if let Ok(response) = &outcome {
                let thoughts = response.reasoning.iter().map(|reasoning| reasoning.text.clone());
                let thoughts = thoughts.filter(|text| !text.is_empty());
                send(sink, thoughts.map(|text| thought(path, own, text)).collect()).await;
            }
            self.keep(kept, || Exchange::new(path, self.cx.lm().id(), asked, &outcome));
            return (usage, outcome.and_then(|response| self.had(request, response, kept)));
        };
        let mut show = Show {
            path,
            schema: self.schema,
            sink,
            own,
            tools: Vec::new(),
            mode: self.cx.settings().reply_mode,
            check_field: stops.then_some(check_field),
            stopped: None,
            splitter,
        };
        let (usage, sent) =
            self.cx.scope().complete_in_chunks(self.cx.settings(), path, &request, &mut show).await;
        self.keep(kept, || self.exchange(path, request.clone(), &sent));
        let stopped = show.stopped.take();
        if stopped.is_none() {
            let thoughts = sent.as_ref().ok().and_then(|sent| match sent {
                Sent::Whole(response) => response.reasoning.as_ref(),
                Sent::Stopped(_) => None,
            });
            if let Some((field, thoughts)) = own.zip(thoughts) {
                let (path, field, value) = (path.clone(), field.to_owned(), thoughts.text.as_str().into());
                send(sink, vec![FieldEvent::FieldDone { path, field, value }]).await;
            }
            show.end().await;
        }
        let reply = match sent {
            Ok(Sent::Whole(response)) => self.had(request, response, kept),
            Ok(Sent::Stopped(text)) => {
                let said = Message::assistant(text);
                let (dropped, thoughts) = (Vec::new(), None);
                Ok(Reply { said, stopped, nothing: None, thoughts, dropped, is_hit: false, ran_on: false })
            }
            Err(error) => Err(error),
        };
        (usage, reply)
    }

    /// The output that the model's own reasoning is.
    fn own_reasoning(&self) -> Option<&str> {
        let field = self.whole.reasoning().filter(|_| self.schema.reasoning().is_none());
        field.filter(|_| self.tools.is_empty()).map(Field::name)
    }

    fn had(&self, request: Arc<Request>, response: Response, kept: &mut Kept<'_>) -> Result<Reply> {
        let (lm, text, is_hit) = (self.cx.lm().clone(), response.text.clone(), response.usage.hits > 0);
        kept.replies.push(Had { lm, request, text, is_hit });
        self.whole(response)
    }

    /// A reply that ended by itself, that is there up to where it should have ended, or that can be asked for again.
    fn whole(&self, response: Response) -> Result<Reply> {
        let mut said = said(&response, !self.tools.is_empty());
        let is_silent = response.text.trim().is_empty() && response.tool_calls.is_empty();
        let thought = response.reasoning.as_ref().is_some_and(|thoughts| !thoughts.text.trim().is_empty());
        let only_thoughts = is_silent && (thought || response.usage.reasoning_tokens > 0);
        let mut nothing = (only_thoughts && self.tools.is_empty()).then_some(Nothing::OnlyThoughts);
        let mut ran_on = false;
        match response.finish {
            FinishReason::Length => {
                let readable =
                    self.cx.settings().reply_mode == Mode::Tolerant && response.tool_calls.is_empty();
                let whole = match self.tools {
                    [] => parse::before_run_on(self.schema, &response.text),
                    tools => {
                        calls::before_cut(&response.text, |name| tools.iter().any(|tool| tool.name == name))
                    }
                };
                match whole.filter(|_| readable) {
                    Some(whole) => (said, ran_on) = (Message::assistant(whole), true),
                    None if self.tools.is_empty() && goes_in_circles(&response.text) => {
                        nothing = Some(Nothing::InCircles);
                    }
                    None => {
                        let message = cut_off(response.usage, only_thoughts);
                        return Err(Error::new(ErrorKind::Parse, message));
                    }
                }
            }
            FinishReason::ContentFilter => {
                let category = response.withheld.and_then(|why| why.category);
                let why = category.map(|word| format!(" (`{}`)", crate::error::snippet(&word, 60)));
                let message = format!("the provider withheld the reply{}", why.unwrap_or_default());
                return Err(Error::new(ErrorKind::ContentFilter, message));
            }
            FinishReason::Stop | FinishReason::ToolCalls => {}
            FinishReason::Other(word) => {
                let word = crate::error::snippet(&word, 60);
                let message =
                    format!("the reply ended with `{word}`, which is not known to mean a whole one");
                return Err(Error::new(ErrorKind::Parse, message));
            }
        }
        let is_hit = response.usage.hits > 0;
        let thoughts = response.reasoning.map(|reasoning| reasoning.text);
        let thoughts = thoughts.filter(|text| !text.trim().is_empty());
        Ok(Reply { said, stopped: None, nothing, thoughts, dropped: response.dropped, is_hit, ran_on })
    }

    fn keep(&self, kept: &mut Kept<'_>, exchange: impl FnOnce() -> Exchange) {
        if self.cx.settings().kept_exchanges {
            kept.exchanges.push(exchange());
        }
    }

    fn exchange(&self, path: &Arc<str>, request: Arc<Request>, sent: &Result<Sent>) -> Exchange {
        let model = self.cx.lm().id();
        match sent {
            Ok(Sent::Whole(response)) => Exchange::new(path, model, request, &Ok(response.clone())),
            Ok(Sent::Stopped(text)) => Exchange::stopped(path, model, request, text),
            Err(error) => {
                let error = Error::new(error.kind(), format!("{error:#}"));
                Exchange::new(path, model, request, &Err(error))
            }
        }
    }
}

/// The reply as a message. Only of an exchange with tools does a provider want back more than the text.
fn said(response: &Response, with_tools: bool) -> Message {
    match with_tools || !response.tool_calls.is_empty() {
        true => response.message(),
        false => Message::assistant(&response.text),
    }
}

fn cut_off(usage: Usage, only_thoughts: bool) -> String {
    let thoughts = match usage.reasoning_tokens {
        0 if only_thoughts => " (all that came is reasoning)".to_owned(),
        0 => String::new(),
        thoughts => format!(
            " ({thoughts} of its {} tokens were reasoning)",
            crate::figure::count(usage.output_tokens)
        ),
    };
    format!("the token limit cut the reply off{thoughts}; raise `max_tokens`")
}

/// The form that is wanted, as far as the model can be held to it.
fn held_to(wanted: ResponseFormat, support: JsonSupport) -> ResponseFormat {
    match (wanted, support) {
        (ResponseFormat::JsonSchema(format), JsonSupport::Schema) => ResponseFormat::JsonSchema(format),
        (ResponseFormat::Text, _) | (_, JsonSupport::None) => ResponseFormat::Text,
        _ => ResponseFormat::JsonObject,
    }
}

/// The reason a reply is not taken.
enum Refusal {
    /// It cannot be read.
    Unreadable(Vec<Problem>),
    /// It can, but what it says breaks a condition.
    Unfit(Vec<Problem>),
    /// The model was to give its own reasoning, and gave none.
    Thoughtless,
}

/// Reads a reply; the problems are those of the format that was asked for.
fn read(
    question: &Question<'_>,
    reply: &str,
    thoughts: Option<&str>,
    decode: &mut (dyn FnMut(Record) -> Result<(), Vec<Problem>> + Send + '_),
) -> Result<(Record, Vec<Repair>), Refusal> {
    let Question { schema, whole, adapter, cx, .. } = question;
    let mode = cx.settings().reply_mode;
    let own = whole.reasoning().map(Field::name).zip(thoughts);
    let mut take = |mut parsed: Parsed| {
        if let Some((name, thoughts)) = own.filter(|(name, _)| !parsed.record.contains(name)) {
            parsed.record.insert(name, thoughts);
            let in_order = whole.outputs().map(Field::name);
            parsed.record = parsed.record.only(in_order);
        }
        let mut problems = whole.violations(&parsed.record);
        if problems.is_empty() {
            match decode(parsed.record.clone()) {
                Ok(()) => return Ok(parsed),
                Err(misfits) => problems = misfits,
            }
        }
        Err(Refusal::Unfit(problems))
    };
    let parsed = adapter.parse(schema, reply, mode).map_err(Refusal::Unreadable);
    let first = match parsed.and_then(&mut take) {
        Ok(parsed) => return Ok((parsed.record, parsed.repairs)),
        Err(refusal) => refusal,
    };
    // Another format is a repair, too.
    let others = if mode == Mode::Strict { Vec::new() } else { adapter.others() };
    for other in others {
        let parsed = other.parse(schema, reply, mode).map_err(Refusal::Unreadable);
        if let Ok(mut parsed) = parsed.and_then(&mut take) {
            parsed.repairs.insert(0, Repair::OtherFormat(other.name().to_owned()));
            return Ok((parsed.record, parsed.repairs));
        }
    }
    // What the prompt asked for may have been thought, and not been said again.
    if let (Mode::Tolerant, Some(_), Some(_), Some(beside)) =
        (mode, own, schema.reasoning(), schema.beside_reasoning())
        && let Ok(mut parsed) =
            adapter.parse(beside, reply, mode).map_err(Refusal::Unreadable).and_then(&mut take)
    {
        parsed.repairs.insert(0, Repair::OwnReasoning);
        return Ok((parsed.record, parsed.repairs));
    }
    Err(first)
}
