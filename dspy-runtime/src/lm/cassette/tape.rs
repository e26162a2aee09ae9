//! The file of a cassette: a line that says what it is, then a line an exchange.

use std::collections::HashMap;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Says;
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{JsonSupport, Lm, ModelId, Request, Response};

const FORMAT: u32 = 1;

pub(super) struct Tape {
    path: PathBuf,
    redact: OnceLock<Redact>,
    state: Mutex<State>,
}

type Redact = Box<dyn Fn(&str) -> String + Send + Sync>;

#[derive(Default)]
struct State {
    exchanges: HashMap<Value, Played>,
    /// The requests in the order of their lines, to name the nearest.
    order: Vec<(usize, Value)>,
    file: Option<File>,
}

/// The replies to one request, and how many of them were played.
#[derive(Default)]
struct Played {
    outcomes: Vec<Outcome>,
    next: usize,
}

#[derive(Serialize, Deserialize)]
struct Header {
    cassette: u32,
    model: ModelId,
    json: Json,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    tools: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reasoning: bool,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Json {
    None,
    Object,
    Schema,
}

#[derive(Serialize, Deserialize)]
struct Line {
    request: Value,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Reply(Value),
    Error {
        kind: ErrorKind,
        message: String,
        #[serde(default)]
        status: Option<u16>,
        #[serde(default)]
        retries: u32,
    },
}

impl Tape {
    /// An empty one, in place of what is there.
    pub(super) fn create(path: &Path, says: &Says) -> Result<Self> {
        let mut file = File::create(path).map_err(|error| Error::io("write", path, error))?;
        let header = Header {
            cassette: FORMAT,
            model: says.id.clone(),
            json: says.json.into(),
            tools: says.tools,
            reasoning: says.reasoning,
        };
        write(&mut file, &serde_json::to_string(&header)?)
            .map_err(|error| Error::io("write", path, error))?;
        Ok(Self::new(path, State { file: Some(file), ..State::default() }))
    }

    /// Reads a file.
    pub(super) fn open(path: &Path) -> Result<(Self, Says)> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path, error))?;
        let wrong = |line: usize, error: &dyn fmt::Display| {
            let message = format!("`{}`, line {line}: {error}; record the cassette again", path.display());
            Error::data(message)
        };
        let mut lines = text.lines().zip(1..);
        let (first, _) = lines.next().ok_or_else(|| wrong(1, &"it is empty"))?;
        let header: Header = serde_json::from_str(first).map_err(|error| wrong(1, &error))?;
        if header.cassette != FORMAT {
            return Err(wrong(1, &format_args!("format {} is not {FORMAT}", header.cassette)));
        }
        let mut state = State::default();
        for (line, number) in lines {
            let Line { request, outcome } =
                serde_json::from_str(line).map_err(|error| wrong(number, &error))?;
            if let Outcome::Reply(reply) = &outcome {
                Response::deserialize(reply).map_err(|error| wrong(number, &error))?;
            }
            state.order.push((number, request.clone()));
            state.exchanges.entry(request).or_default().outcomes.push(outcome);
        }
        let says = Says {
            id: header.model,
            json: header.json.into(),
            tools: header.tools,
            reasoning: header.reasoning,
        };
        Ok((Self::new(path, state), says))
    }

    fn new(path: &Path, state: State) -> Self {
        Self { path: path.to_owned(), redact: OnceLock::new(), state: Mutex::new(state) }
    }

    /// Adds what is asked of a model to the end.
    pub(super) fn continue_with(&self, asked: &ModelId, recorded: &ModelId) -> Result<()> {
        if asked != recorded {
            let message = format!("`{}` is a cassette of {recorded}, not of {asked}", self.path.display());
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        let file = OpenOptions::new().append(true).open(&self.path);
        self.state().file = Some(file.map_err(|error| Error::io("write", &self.path, error))?);
        Ok(())
    }

    pub(super) fn redact(&self, redact: Redact) {
        let _ = self.redact.set(redact);
    }

    /// Returns the key of a request.
    pub(super) fn key(&self, request: &Request) -> Value {
        self.redacted(serde_json::to_value(request).unwrap_or_default())
    }

    pub(super) fn has(&self, key: &Value) -> bool {
        self.state().exchanges.contains_key(key)
    }

    /// The next reply to a request; the last one stays.
    pub(super) fn played(&self, key: &Value) -> Option<Result<Response>> {
        let mut state = self.state();
        let played = state.exchanges.get_mut(key)?;
        let outcome = played.outcomes.get(played.next).or(played.outcomes.last())?.result();
        played.next = (played.next + 1).min(played.outcomes.len());
        Some(outcome)
    }

    pub(super) fn unplayed(&self) -> usize {
        self.state().exchanges.values().map(|played| played.outcomes.len() - played.next).sum()
    }

    /// Writes an exchange, unless it has a key of the model in it.
    pub(super) fn keep(&self, key: &Value, outcome: &Result<Response>, lm: &Lm) -> Result<()> {
        let outcome = match outcome {
            Ok(response) => Outcome::reply(response).map(|reply| self.redacted(reply)).map(Outcome::Reply)?,
            Err(error) if !error.was_sent() => return Ok(()),
            Err(error) => Outcome::Error {
                kind: error.kind(),
                message: format!("{error:#}"),
                status: error.status(),
                retries: error.retries(),
            },
        };
        let line = Line { request: key.clone(), outcome };
        let text = serde_json::to_string(&line)?;
        if lm.model().is_secret_in(&text) {
            let message = "a key of the model is in the exchange, so it is not recorded; redact it";
            return Err(Error::new(ErrorKind::NotConfigured, message));
        }
        // It is not played back here: asked again, the model gives another reply, which follows it in the file.
        self.state()
            .file
            .as_mut()
            .map_or(Ok(()), |file| write(file, &text).map_err(|error| Error::io("write", &self.path, error)))
    }

    /// Returns the reason there is no reply, without a word of the prompt.
    pub(super) fn missing(&self, key: &Value) -> Error {
        let state = self.state();
        let nearest = state.order.iter().map(|(line, request)| (agreement(key, request), line)).max();
        let near = nearest.map_or_else(
            || "it has no exchanges".to_owned(),
            |((same, place), line)| {
                format!("line {line} is the nearest: {same} % of it is the same, {place}")
            },
        );
        let message = format!(
            "the cassette `{}` has no reply to this request; {near}; record it again if the change is meant",
            self.path.display()
        );
        Error::new(ErrorKind::NotConfigured, message)
    }

    fn redacted(&self, mut value: Value) -> Value {
        if let Some(redact) = self.redact.get() {
            each_text(&mut value, redact);
        }
        value
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write(file: &mut File, line: &str) -> std::io::Result<()> {
    // In one go, so that a line is whole or cut off and never mixed with another.
    file.write_all(format!("{line}\n").as_bytes())
}

fn each_text(value: &mut Value, redact: &Redact) {
    match value {
        Value::String(text) => *text = redact(text),
        Value::Array(items) => items.iter_mut().for_each(|item| each_text(item, redact)),
        Value::Object(fields) => fields.values_mut().for_each(|field| each_text(field, redact)),
        _ => {}
    }
}

/// Returns the share of two requests that is equal from the beginning, in per cent, and the part that
/// differs first.
fn agreement(asked: &Value, recorded: &Value) -> (usize, String) {
    let part = |name: &str| asked[name] != recorded[name];
    let differs = ["messages", "sampling", "format", "tools", "tool_choice", "rollout"]
        .into_iter()
        .find(|name| part(name));
    let (a, b) = (asked.to_string(), recorded.to_string());
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let place = match differs {
        Some("messages") => {
            let messages = |value: &Value| value["messages"].as_array().cloned().unwrap_or_default();
            let (a, b) = (messages(asked), messages(recorded));
            let place = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
            format!("and message {} differs first", place + 1)
        }
        Some(name) => format!("and its {name} differs"),
        None => "and nothing that is sent differs".to_owned(),
    };
    (100 * same / a.len().max(b.len()).max(1), place)
}

impl Outcome {
    /// A reply without what is of this call alone.
    fn reply(response: &Response) -> Result<Value> {
        let mut reply = serde_json::to_value(response)?;
        if let Some(fields) = reply.as_object_mut() {
            fields.shift_remove("id");
            fields.shift_remove("request_id");
        }
        Ok(reply)
    }

    fn result(&self) -> Result<Response> {
        match self {
            Self::Reply(reply) => {
                Response::deserialize(reply).map_err(|error| Error::data(error.to_string()))
            }
            Self::Error { kind, message, status, retries } => {
                let error = Error::new(*kind, message.clone()).with_retries(*retries);
                Err(match status {
                    Some(status) => error.with_status(*status),
                    None => error,
                })
            }
        }
    }
}

impl From<JsonSupport> for Json {
    fn from(support: JsonSupport) -> Self {
        match support {
            JsonSupport::None => Self::None,
            JsonSupport::Object => Self::Object,
            JsonSupport::Schema => Self::Schema,
        }
    }
}

impl From<Json> for JsonSupport {
    fn from(json: Json) -> Self {
        match json {
            Json::None => Self::None,
            Json::Object => Self::Object,
            Json::Schema => Self::Schema,
        }
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tape")
            .field("path", &self.path)
            .field("unplayed", &self.unplayed())
            .finish_non_exhaustive()
    }
}
