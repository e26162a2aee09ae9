//! The part of a predictor that knows no types: render, call, read, ask again.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::place::Place;
use super::show::Show;
use super::state::PredictorState;
use crate::adapter::Adapter;
use crate::context::{Context, FieldEvent};
use crate::error::{Error, ErrorKind, Result};
use crate::lm::{FinishReason, JsonSupport, Message, Messages, Request, Response, ResponseFormat, Usage};
use crate::parse::{Mode, Parsed};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::Schema;
use crate::trace::Step;
use crate::value::Record;

/// A predictor without its types: a schema, a state, and its path in the program.
///
/// This is what [`Predictors`](crate::Predictors) visits and optimizers see. A clone shares the state.
#[derive(Clone)]
pub struct Predictor {
    schema: Arc<Schema>,
    state: Arc<Rendered>,
    place: Place,
}

/// A state, and what adapters have made of it.
struct Rendered {
    state: PredictorState,
    written: Written,
}

/// The messages that a state fixes, by adapter: a chain that only grows, so that reading takes no lock.
#[derive(Default)]
struct Written(OnceLock<Box<WrittenBy>>);

struct WrittenBy {
    adapter: Arc<dyn Adapter>,
    messages: Arc<[Message]>,
    next: Written,
}

/// How many adapters' messages a state keeps; those of further ones are written anew each time.
const KEPT: usize = 4;

/// Takes the record that was read as the caller's types, or says what does not fit.
pub(crate) type Decode<'a> = dyn FnMut(Record) -> Result<(), Vec<Problem>> + Send + 'a;

impl Predictor {
    /// A predictor in its first state, with the path that it has where no program holds it.
    pub(crate) fn new(schema: Arc<Schema>, alone: &'static str) -> Self {
        let state = PredictorState::new(schema.instructions());
        Self { schema, state: Arc::new(Rendered::new(state)), place: Place::new(alone) }
    }

    /// The signature model.
    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// The instructions and demonstrations.
    pub fn state(&self) -> &PredictorState {
        &self.state.state
    }

    /// The path in the program: `triage`, `resolve.predict`, `hops[0]`; `self` for a predictor that
    /// stands alone.
    pub fn path(&self) -> Arc<str> {
        self.place.path()
    }

    pub(crate) fn set_state(&mut self, state: PredictorState) {
        self.state = Arc::new(Rendered::new(state));
    }

    /// The path that a program has set.
    pub(crate) fn set_path(&self) -> Option<Arc<str>> {
        self.place.set_path()
    }

    /// Names the predictor by its path in a program.
    pub(crate) fn name(&self, path: &str) {
        self.place.set(path);
    }

    /// The exact messages of a call, without making it.
    pub(crate) fn render(&self, adapter: &Arc<dyn Adapter>, input: &Record) -> Messages {
        Messages::new(self.fixed(adapter), vec![adapter.input(&self.schema, input)])
    }

    /// Makes the call and records the step.
    pub(crate) async fn run(
        &self,
        cx: &Context,
        input: Record,
        decode: &mut Decode<'_>,
    ) -> Result<Arc<Step>> {
        let place = cx.recorder().map(|recorder| (recorder, recorder.begin()));
        let path = self.path();
        let mut attempt = Attempt { predictor: self, cx, path, usage: Usage::default(), repairs: Vec::new() };
        let outcome = attempt.run(&input, decode).await;
        let Attempt { path, usage, repairs, .. } = attempt;
        let (output, failed) = match outcome {
            Ok(record) => (Ok(record), None),
            Err(error) => (Err(error.to_string()), Some(error.context(&path))),
        };
        let step = Arc::new(Step { path, schema: self.schema.clone(), input, output, usage, repairs });
        if let Some((recorder, place)) = place {
            recorder.end(&place, &step);
        }
        failed.map_or(Ok(step), Err)
    }

    fn fixed(&self, adapter: &Arc<dyn Adapter>) -> Arc<[Message]> {
        let write = || {
            let PredictorState { instructions, demos } = &self.state.state;
            Arc::from(adapter.fixed(&self.schema, instructions, demos))
        };
        let mut written = &self.state.written;
        for _ in 0..KEPT {
            let by = written.0.get_or_init(|| {
                Box::new(WrittenBy { adapter: adapter.clone(), messages: write(), next: Written::default() })
            });
            if same(&by.adapter, adapter) {
                return by.messages.clone();
            }
            written = &by.next;
        }
        write()
    }
}

/// Whether two handles are of one adapter. One without data is the same wherever it was made.
fn same(a: &Arc<dyn Adapter>, b: &Arc<dyn Adapter>) -> bool {
    Arc::ptr_eq(a, b) || (size_of_val(&**a) == 0 && size_of_val(&**b) == 0 && a.name() == b.name())
}

impl Rendered {
    fn new(state: PredictorState) -> Self {
        Self { state, written: Written::default() }
    }
}

impl fmt::Debug for Predictor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Predictor")
            .field("path", &self.path())
            .field("schema", &self.schema.to_string())
            .field("demos", &self.state().demos.len())
            .finish_non_exhaustive()
    }
}

/// One call of a predictor, with everything that is asked again.
struct Attempt<'a> {
    predictor: &'a Predictor,
    cx: &'a Context,
    path: Arc<str>,
    usage: Usage,
    repairs: Vec<Repair>,
}

impl Attempt<'_> {
    async fn run(&mut self, input: &Record, decode: &mut Decode<'_>) -> Result<Record> {
        let (predictor, cx) = (self.predictor, self.cx);
        let adapter = cx.adapter();
        let mut messages = predictor.render(adapter, input);
        let mut asked = 0;
        loop {
            let reply = self.ask(messages.clone()).await?;
            let problems = match self.read(&reply, decode) {
                Ok(record) => return Ok(record),
                Err(problems) => problems,
            };
            if asked == cx.reasks() {
                return Err(unreadable(problems, asked));
            }
            asked += 1;
            self.repairs.push(Repair::AskedAgain);
            if let Some(sink) = cx.sink() {
                let _ = sink.send(FieldEvent::Again { path: self.path.clone() }).await;
            }
            messages.push(Message::assistant(reply));
            messages.push(adapter.again(&predictor.schema, &problems));
        }
    }

    async fn ask(&mut self, messages: Messages) -> Result<String> {
        let mut request = self.cx.request(messages);
        request.format =
            held_to(self.cx.adapter().format(&self.predictor.schema), self.cx.lm().model().json_support());
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
        let Some((sink, splitter)) = cx.sink().and_then(|sink| Some((sink, cx.adapter().splitter()?))) else {
            return cx.complete(path, request).await;
        };
        let mut show = Show { path, schema: &self.predictor.schema, sink, mode: cx.reply_mode(), splitter };
        let sent = cx.complete_in_chunks(path, request, &mut show).await;
        show.end().await;
        sent
    }

    /// Reads the reply as it was asked for, then in the other formats; the problems are those of the first.
    fn read(&mut self, reply: &str, decode: &mut Decode<'_>) -> Result<Record, Vec<Problem>> {
        let schema = &self.predictor.schema;
        let adapter = self.cx.adapter();
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

fn unreadable(problems: Vec<Problem>, asked: u32) -> Error {
    let times = match asked {
        0 => "the reply cannot be read".to_owned(),
        1 => "the reply cannot be read, nor the one after asking again".to_owned(),
        n => format!("the reply cannot be read, nor those after asking again {n} times"),
    };
    Problem::error(ErrorKind::Parse, problems).context(times)
}
