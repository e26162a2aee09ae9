//! A program as a filter: rows of JSON in, rows of JSON out.
//!
//! It is what an engine for data runs in its workers: `rdd.pipe("triage map")` in Spark, a step of a Slurm array, GNU parallel. One
//! line goes out for each line that comes in, in the same order, and memory stays the same however many there are. A row that
//! cannot be read or that fails is an `error` in its place and ends nothing. What does end it is what no further row can get
//! past: a spent budget, a key that is refused, a provider that does not answer.

mod row;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::figure::counted;
use crate::lm::Usage;
use crate::module::{self, Module};
use crate::pool::{caught, within};
use crate::progress::Progress;
use crate::value::{Prepare, Record};
use row::{Line, done, failed};

/// Rows that wait for one before them, for each row that is under way.
const AHEAD: usize = 8;
/// Failures of the provider in a row after which it counts as gone, besides those that were under way together.
const GONE: usize = 8;

/// Runs a program on lines of JSON.
///
/// Each line is an object with the program's inputs. A field `id`, or [another](Map::id), names the row in what is written; a row
/// without one has the number of its line. Lines of output are
/// `{"id": …, "output": {…}, "usage": {…}, "repairs": […]}`, or `{"id": …, "error": {"kind": …, "message": …}}`.
///
/// It costs the program's LM calls for each row that can be read.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::map::Map;
/// use dspy::{Context, Predict, signature};
///
/// /// Name the capital of a country.
/// #[signature]
/// struct Capital {
///     #[input]
///     country: String,
///     /// Its name alone.
///     #[output]
///     capital: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Scripted::answering(|_| "{\"capital\": \"Paris\"}".into()));
/// let rows = "{\"id\": \"a\", \"country\": \"France\"}\n{\"country\": 7}\n";
/// let (summary, written) = Map::new(Predict::<Capital>::new()).run(&cx, rows.as_bytes(), Vec::new()).await?;
/// let written = String::from_utf8(written).expect("text");
/// assert!(written.starts_with("{\"id\":\"a\",\"output\":{\"capital\":\"Paris\"}"));
/// assert_eq!((summary.rows, summary.failed), (2, 1));
/// # Ok(())
/// # }
/// ```
pub struct Map<P> {
    program: P,
    settings: Settings,
    concurrency: Option<usize>,
    timeout: Option<Duration>,
    progress: bool,
}

/// The reading of a row.
#[derive(Clone)]
struct Settings {
    id: String,
    extra: bool,
    prepare: Option<Prepare>,
}

/// The count of the rows of a [`Map`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MapSummary {
    /// The rows that were written.
    pub rows: u64,
    /// Those of them that are errors.
    pub failed: u64,
    /// The cost of those that are not errors.
    pub usage: Usage,
}

impl<P: Module> Map<P> {
    /// Runs a program on each row.
    #[must_use]
    pub fn new(program: P) -> Self {
        let settings = Settings { id: "id".to_owned(), extra: false, prepare: None };
        Self { program, settings, concurrency: None, timeout: None, progress: true }
    }

    /// Sets the field that names a row; `id` by default. Two rows of one name are an error at the second: each name takes 16
    /// bytes of memory.
    #[must_use]
    pub fn id(mut self, field: impl Into<String>) -> Self {
        self.settings.id = field.into();
        self
    }

    /// Leaves out fields that are no inputs of the program, such as labels; by default each is an error of its row.
    #[must_use]
    pub fn extra(mut self, left_out: bool) -> Self {
        self.settings.extra = left_out;
        self
    }

    /// Completes a row before it is read, such as with what is retrieved for it.
    #[must_use]
    pub fn prepare(self, prepare: impl Fn(&mut Record) -> Result<()> + Send + Sync + 'static) -> Self {
        self.prepared(Some(Arc::new(prepare)))
    }

    pub(crate) fn prepared(mut self, prepare: Option<Prepare>) -> Self {
        self.settings.prepare = prepare;
        self
    }

    /// Sets the number of rows that run at once; by default 16, or as many as the model
    /// [wants](crate::lm::LanguageModel::calls_at_once). What is written does not depend on it.
    #[must_use]
    pub fn concurrency(mut self, rows: usize) -> Self {
        self.concurrency = Some(rows);
        self
    }

    /// Sets the time one row may take before it is an error; as long as it takes by default.
    #[must_use]
    pub fn timeout(mut self, each: Duration) -> Self {
        self.timeout = Some(each);
        self
    }

    /// Sets whether progress is shown on standard error; it is by default.
    #[must_use]
    pub fn progress(mut self, shown: bool) -> Self {
        self.progress = shown;
        self
    }

    /// Runs it, and returns the count with the writer. The writer is flushed after each row that is written where none waits
    /// behind it.
    ///
    /// # Errors
    ///
    /// When the rows cannot be read or written, the budget is spent, a key is refused or missing, or the provider has
    /// failed more often in a row than rows are under way. Rows before the one that met it are written.
    pub async fn run<I, O>(self, cx: &Context, input: I, output: O) -> Result<(MapSummary, O)>
    where
        I: BufRead + Send + 'static,
        O: Write + Send,
    {
        module::name(&self.program);
        let concurrency = cx.at_once(self.concurrency).max(1);
        let mut lines = read(input, concurrency * 2);
        let mut progress = Progress::new("map", 0, cx.scope().meter(), self.progress);
        let mut writing =
            Writing { output, waiting: BTreeMap::new(), next: 0, summary: MapSummary::default() };
        let mut names = Names::default();
        let mut running: JoinSet<(u64, Outcome)> = JoinSet::new();
        let (mut taken, mut ended, mut gone) = (0, false, 0);
        let mut stopped = None;
        loop {
            let room = running.len() < concurrency
                && taken - writing.next < (concurrency * AHEAD) as u64
                && stopped.is_none();
            tokio::select! {
                biased;
                Some(finished) = running.join_next(), if !running.is_empty() => {
                    let (place, outcome) = finished.map_err(|_| Error::internal("a row was dropped"))?;
                    progress.end(outcome.error.is_some());
                    gone = match &outcome.error {
                        Some(error) if error.is_of_provider() => gone + 1,
                        _ => 0,
                    };
                    let is_gone = gone >= GONE + concurrency;
                    match outcome.error {
                        // No further row begins; those under way are finished, since they are paid for.
                        Some(error) if is_gone || ends(&error) => {
                            if stopped.as_ref().is_none_or(|(earlier, _)| place < *earlier) {
                                stopped = Some((place, error));
                            }
                        }
                        _ => writing.add(place, outcome)?,
                    }
                }
                line = lines.recv(), if room && !ended => match line {
                    None => ended = true,
                    Some(Err(error)) => stopped = stopped.or(Some((taken, error))),
                    Some(Ok((number, text))) => {
                        let place = taken;
                        taken += 1;
                        match self.line(&text, number, &mut names) {
                            Err(outcome) => writing.add(place, *outcome)?,
                            Ok(line) => {
                                running.spawn(one(self.program.clone(), cx.clone(), line, self.timeout, place));
                            }
                        }
                    }
                },
                else => break,
            }
            if running.is_empty() && (ended || stopped.is_some()) {
                break;
            }
        }
        let Writing { mut output, summary, .. } = writing;
        output.flush().map_err(|error| Error::from(error).context("the output"))?;
        match stopped {
            None => Ok((summary, output)),
            Some((place, error)) => {
                let written = counted(usize::try_from(summary.rows).unwrap_or(usize::MAX), "row");
                Err(error.context(format!("stopped at row {} with {written} written", place + 1)))
            }
        }
    }

    /// Reads a line; an error is the row's.
    fn line(&self, text: &str, number: u64, names: &mut Names) -> Result<Line<P::Input>, Box<Outcome>> {
        let (id, read) = Line::read(text, number, &self.settings);
        let read = read.and_then(|line| {
            if line.named {
                names.take(&line.id, number)?
            }
            Ok(line)
        });
        read.map_err(|error| {
            let text = failed(&id, &error);
            Box::new(Outcome { text, usage: Usage::default(), error: Some(error) })
        })
    }
}

/// The end of one row.
struct Outcome {
    text: String,
    usage: Usage,
    error: Option<Error>,
}

async fn one<P: Module>(
    program: P,
    cx: Context,
    line: Line<P::Input>,
    timeout: Option<Duration>,
    place: u64,
) -> (u64, Outcome) {
    let cx = cx.scoped(|scope| scope.detached());
    let written = caught("the program", within(timeout, program.call(&cx, line.input)))
        .await
        .and_then(|prediction| Ok((done(&line.id, &prediction)?, prediction.usage())));
    let outcome = match written {
        Ok((text, usage)) => Outcome { text, usage, error: None },
        Err(error) => Outcome { text: failed(&line.id, &error), usage: Usage::default(), error: Some(error) },
    };
    (place, outcome)
}

/// Returns whether a row's failure is one that no further row can get past.
fn ends(error: &Error) -> bool {
    error.is_budget()
        || matches!(error.kind(), ErrorKind::Auth | ErrorKind::Billing | ErrorKind::NotConfigured)
}

/// Reads lines on a thread of their own, since reading may wait.
fn read(input: impl BufRead + Send + 'static, ahead: usize) -> mpsc::Receiver<Result<(u64, String)>> {
    let (sink, lines) = mpsc::channel(ahead);
    std::thread::spawn(move || {
        for (number, line) in (1..).zip(input.lines()) {
            let line = match line {
                Ok(line) if line.trim().is_empty() => continue,
                Ok(line) => Ok((number, line)),
                Err(error) => Err(Error::from(error).context(format!("line {number}"))),
            };
            let failed = line.is_err();
            if sink.blocking_send(line).is_err() || failed {
                return;
            }
        }
    });
    lines
}

/// Rows that are written in their order.
struct Writing<O> {
    output: O,
    /// Those that are done before their turn.
    waiting: BTreeMap<u64, Outcome>,
    next: u64,
    summary: MapSummary,
}

impl<O: Write> Writing<O> {
    fn add(&mut self, place: u64, outcome: Outcome) -> Result<()> {
        self.waiting.insert(place, outcome);
        let before = self.next;
        while let Some(outcome) = self.waiting.remove(&self.next) {
            self.next += 1;
            self.summary.rows += 1;
            self.summary.failed += u64::from(outcome.error.is_some());
            self.summary.usage += outcome.usage;
            self.output
                .write_all(outcome.text.as_bytes())
                .map_err(|error| Error::from(error).context("the output"))?;
        }
        if self.next > before && self.waiting.is_empty() {
            self.output.flush().map_err(|error| Error::from(error).context("the output"))?;
        }
        Ok(())
    }
}

/// The names that rows have had.
#[derive(Default)]
struct Names {
    seen: HashMap<u64, u64>,
    hashes: RandomState,
}

impl Names {
    fn take(&mut self, id: &Value, number: u64) -> Result<()> {
        let hash = self.hashes.hash_one(id.to_string());
        match self.seen.insert(hash, number) {
            None => Ok(()),
            Some(first) => Err(Error::data(format!("the id {id} is that of line {first} already"))),
        }
    }
}

impl fmt::Display for MapSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = |count: u64| counted(usize::try_from(count).unwrap_or(usize::MAX), "row");
        write!(f, "{}, {} failed; {}", rows(self.rows), self.failed, self.usage)
    }
}

impl<P> fmt::Debug for Map<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("id", &self.settings.id)
            .field("concurrency", &self.concurrency)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
