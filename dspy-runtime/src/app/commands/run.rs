//! `run` and `render`: one input.

use futures_util::StreamExt;
use serde_json::{Value, json};

use super::super::args::{Input, Render, Run};
use super::super::input;
use super::super::outcome::{Outcome, put};
use super::super::session::Session;
use crate::context::{Context, FieldEvent};
use crate::error::{Error, Result};
use crate::lm::{Messages, Scripted};
use crate::module::{Module, StreamEvent, each};
use crate::predict::Prediction;
use crate::signature::{Described, Fields, Role};
use crate::value::Record;

/// The most exchanges shown.
const STEPS: usize = 64;

pub(super) async fn run<P: Module>(session: &Session<'_, P>, run: &Run) -> Result<Outcome> {
    let cx = session.cx()?;
    let versioned = session.versioned(&cx, run.with.with.as_ref())?;
    let input = typed(session, &run.input)?;
    session.announce(&versioned.name, &cx);
    let prediction = match run.stream {
        true => streamed(session, &cx, &versioned.program, input).await?,
        false => versioned.program.call(&cx, input).await?,
    };
    let mut text = told(&prediction, run.stream)?;
    let mut json = json!({
        "output": prediction.to_record()?,
        "version": versioned.name,
        "model": cx.lm().id().to_string(),
        "usage": prediction.usage(),
        "repairs": prediction.repairs().map(ToString::to_string).collect::<Vec<_>>(),
    });
    if run.steps {
        let history = cx.history(STEPS);
        text = format!("{history}\n{text}");
        json["steps"] = json!(history.exchanges().map(exchange).collect::<Vec<_>>());
    }
    session.say(prediction.usage());
    Ok(Outcome::done(text, json))
}

/// A field a line. What was streamed was shown already.
fn told<O: Fields>(prediction: &Prediction<O>, streamed: bool) -> Result<String> {
    if streamed {
        return Ok(String::new());
    }
    let record = prediction.to_record()?;
    let lines = record.iter().map(|(name, value)| format!("{name}: {}\n", plain(value)));
    Ok(lines.collect())
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Shows events as they come: with `--json` one a line, else the texts of the fields.
async fn streamed<P: Module>(
    session: &Session<'_, P>,
    cx: &Context,
    program: &P,
    input: P::Input,
) -> Result<Prediction<P::Output>> {
    let mut stream = program.stream(cx, input);
    let mut shown = Shown::default();
    while let Some(event) = stream.next().await {
        match event? {
            StreamEvent::Field(event) if session.globals.json => put(&event.to_json().to_string()),
            StreamEvent::Field(event) => shown.show(&event),
            StreamEvent::Prediction(prediction) => {
                shown.end_line();
                return Ok(prediction);
            }
        }
    }
    Err(Error::data("the program ended without an answer"))
}

/// The output on the terminal.
#[derive(Default)]
struct Shown {
    field: Option<String>,
}

impl Shown {
    fn show(&mut self, event: &FieldEvent) {
        use std::io::Write;
        let mut out = std::io::stdout().lock();
        // A reader that has seen enough is no error.
        let _ = match event {
            FieldEvent::FieldDelta { path, field, text } => {
                let name = format!("{path}.{field}");
                if self.field.as_ref() == Some(&name) {
                    write!(out, "{text}")
                } else {
                    let line = if self.field.is_some() { "\n" } else { "" };
                    let written = write!(out, "{line}{name}: {text}");
                    self.field = Some(name);
                    written
                }
            }
            FieldEvent::Again { path } => {
                self.field = Some(String::new());
                write!(out, "\n{path}: the reply could not be used; asked again")
            }
            _ => Ok(()),
        };
        let _ = out.flush();
    }

    fn end_line(&self) {
        if self.field.is_some() {
            println!();
        }
    }
}

fn exchange(exchange: &crate::trace::Exchange) -> Value {
    json!({
        "path": exchange.path(),
        "model": exchange.model().to_string(),
        "messages": exchange.request().messages,
        "reply": exchange.reply().ok(),
        "error": exchange.reply().err(),
    })
}

/// The typed input, wherever it comes from.
fn typed<P: Module>(session: &Session<'_, P>, input: &Input) -> Result<P::Input> {
    if let Some(row) = &input.row {
        return session.data()?.input(input.split, row);
    }
    let mut record = input::record(input, P::Input::described().as_ref())?;
    if let Some(prepare) = session.prepare {
        prepare(&mut record)?;
    }
    input::typed(record)
}

pub(super) async fn render<P: Module>(session: &Session<'_, P>, render: &Render) -> Result<Outcome> {
    let cx = session.cx()?;
    let program = session.versioned(&cx, render.with.with.as_ref())?.program;
    let prompts = match &render.predictor {
        Some(path) => vec![predictor(&cx, &program, path, &render.input)?],
        None => first_prompts(session, &cx, &program, &render.input).await?,
    };
    let text: Vec<_> = prompts.iter().map(|(path, messages)| shown(path, messages)).collect();
    let json: Vec<_> =
        prompts.iter().map(|(path, messages)| json!({"path": path, "messages": messages})).collect();
    Ok(Outcome::done(text.join("\n"), json!({"prompts": json})))
}

fn shown(path: &str, messages: &Messages) -> String {
    format!("=== {path}\n\n{messages}")
}

/// The prompt of one predictor, whose own inputs are given.
fn predictor<P: Module>(cx: &Context, program: &P, path: &str, input: &Input) -> Result<(String, Messages)> {
    let (mut found, mut paths) = (None, Vec::new());
    each(program, |own, predictor, _| {
        paths.push(own.to_owned());
        if own == path {
            found = Some(predictor.clone());
        }
    });
    let Some(predictor) = found else {
        let message = format!("there is no predictor `{path}`; there is `{}`", paths.join("`, `"));
        return Err(Error::data(message));
    };
    let inputs = Described::inputs(predictor.schema());
    let record = input::record(input, Some(&inputs))?;
    check(&record, &inputs)?;
    Ok((path.to_owned(), predictor.render(cx, &record)?))
}

fn check(record: &Record, inputs: &Described) -> Result<()> {
    let unknown = record.names().find(|name| inputs.field(name).is_none());
    let missing =
        inputs.fields().iter().find(|field| field.role() == Role::Input && !record.contains(field.name()));
    match (unknown, missing) {
        (Some(name), _) => Err(Error::data(format!("the predictor has no input `{name}`"))),
        (None, Some(field)) => {
            Err(Error::data(format!("the predictor's input `{}` is missing", field.name())))
        }
        (None, None) => Ok(()),
    }
}

/// The prompts that a run begins with. What comes after them follows from replies, and none is asked for.
async fn first_prompts<P: Module>(
    session: &Session<'_, P>,
    cx: &Context,
    program: &P,
    input: &Input,
) -> Result<Vec<(String, Messages)>> {
    let input = typed(session, input)?;
    let silent = Scripted::replies(Vec::<String>::new()).named(cx.lm().id().clone());
    let cx = cx.with_lm(silent);
    // It fails at its first call, which is what is wanted.
    let _ = program.call(&cx, input).await;
    let history = cx.history(STEPS);
    let prompts =
        history.exchanges().map(|exchange| (exchange.path().to_owned(), exchange.request().messages.clone()));
    Ok(prompts.collect())
}
