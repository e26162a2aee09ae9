//! One call of a predictor: render, call, read, ask again.

use std::sync::Arc;

use super::core::{Decode, Predictor};
use super::show::Show;
use crate::adapter::Adapter;
use crate::context::{Context, FieldEvent};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{FinishReason, JsonSupport, Message, Messages, Request, Response, ResponseFormat, Usage};
use crate::parse::{Mode, Parsed};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::value::Record;

/// One call of a predictor, with everything that is asked again.
pub(super) struct Attempt<'a> {
    predictor: &'a Predictor,
    adapter: &'a Arc<dyn Adapter>,
    cx: &'a Context,
    pub(super) path: Arc<str>,
    pub(super) usage: Usage,
    pub(super) repairs: Vec<Repair>,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(predictor: &'a Predictor, cx: &'a Context) -> Self {
        let (adapter, path) = (predictor.adapter(cx), predictor.path());
        Self { predictor, adapter, cx, path, usage: Usage::default(), repairs: Vec::new() }
    }

    pub(super) async fn run(&mut self, input: &Record, decode: &mut Decode<'_>) -> Result<Record> {
        let (predictor, adapter, cx) = (self.predictor, self.adapter, self.cx);
        let mut messages = predictor.render(cx, input);
        let mut first: Option<Vec<Problem>> = None;
        let mut asked = 0;
        loop {
            let reply = match self.ask(messages.clone()).await {
                Ok(reply) => reply,
                Err(error) => {
                    return Err(match first {
                        Some(first) => after(first, error),
                        None => error,
                    });
                }
            };
            let problems = match self.read(&reply, decode) {
                Ok(record) => return Ok(record),
                Err(problems) => problems,
            };
            if asked == cx.reasks() {
                return Err(unreadable(problems, first, asked));
            }
            asked += 1;
            self.repairs.push(Repair::AskedAgain);
            if let Some(sink) = cx.sink() {
                let _ = sink.send(FieldEvent::Again { path: self.path.clone() }).await;
            }
            messages.push(Message::assistant(reply));
            messages.push(adapter.again(predictor.schema(), &problems));
            first.get_or_insert(problems);
        }
    }

    async fn ask(&mut self, messages: Messages) -> Result<String> {
        let mut request = self.cx.request(messages);
        request.format =
            held_to(self.adapter.format(self.predictor.schema()), self.cx.lm().model().json_support());
        let (usage, outcome) = self.send(Arc::new(request)).await;
        self.usage += usage;
        let response = outcome?;
        match response.finish {
            FinishReason::Length => {
                Err(Error::new(ErrorKind::Parse, "the token limit cut the reply off; raise `max_tokens`"))
            }
            FinishReason::ContentFilter => {
                Err(Error::new(ErrorKind::ContentFilter, "the provider withheld the reply"))
            }
            _ => Ok(response.text),
        }
    }

    /// Makes the LM call, and shows its fields as they come if somebody looks.
    async fn send(&self, request: Arc<Request>) -> (Usage, Result<Response>) {
        let (cx, path) = (self.cx, &self.path);
        let Some((sink, splitter)) =
            cx.sink().and_then(|sink| Some((sink, self.adapter.splitter(self.predictor.schema())?)))
        else {
            return cx.complete(path, request).await;
        };
        let mut show = Show { path, schema: self.predictor.schema(), sink, mode: cx.reply_mode(), splitter };
        let sent = cx.complete_in_chunks(path, request, &mut show).await;
        show.end().await;
        sent
    }

    /// Reads the reply as it was asked for, then in the other formats; the problems are those of the first.
    fn read(&mut self, reply: &str, decode: &mut Decode<'_>) -> Result<Record, Vec<Problem>> {
        let schema = self.predictor.schema();
        let adapter = self.adapter;
        let mode = self.cx.reply_mode();
        let mut take = |parsed: Parsed| {
            let violations = schema.violations(&parsed.record);
            if violations.is_empty() {
                decode(parsed.record.clone()).map(|()| parsed)
            } else {
                Err(violations)
            }
        };
        let first = match adapter.parse(schema, reply, mode).and_then(&mut take) {
            Ok(parsed) => return Ok(self.accept(parsed, None)),
            Err(problems) => problems,
        };
        // Another format is a repair, too.
        let others = if mode == Mode::Strict { Vec::new() } else { adapter.others() };
        for other in others {
            if let Ok(parsed) = other.parse(schema, reply, mode).and_then(&mut take) {
                return Ok(self.accept(parsed, Some(Repair::OtherFormat(other.name().to_owned()))));
            }
        }
        Err(first)
    }

    fn accept(&mut self, parsed: Parsed, repair: Option<Repair>) -> Record {
        self.repairs.extend(repair);
        self.repairs.extend(parsed.repairs);
        parsed.record
    }
}

/// The form that is wanted, as far as the model can be held to it.
fn held_to(wanted: ResponseFormat, support: JsonSupport) -> ResponseFormat {
    match (wanted, support) {
        (ResponseFormat::JsonSchema(format), JsonSupport::Schema) => ResponseFormat::JsonSchema(format),
        (ResponseFormat::Text, _) | (_, JsonSupport::None) => ResponseFormat::Text,
        _ => ResponseFormat::JsonObject,
    }
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
