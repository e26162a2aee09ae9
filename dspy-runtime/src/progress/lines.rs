//! Progress as plain lines, for logs and for whoever reads a pipe.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::figure::{count, counted, time};
use crate::lm::Usage;

/// When the first line is written; what ends before needs none.
const FIRST: Duration = Duration::from_secs(5);

/// The least and the longest time between two lines. In between it is a tenth of the time so far.
const BETWEEN: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(60));

/// Says now and then how far something is, whether anything has happened since or not.
pub(crate) struct Lines {
    what: &'static str,
    spent: Box<dyn Fn() -> Usage + Send + Sync>,
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    begun: Instant,
    /// The spending before.
    before: Usage,
    told: Option<Instant>,
    phase: Option<Phase>,
}

/// Rows that are being run.
struct Phase {
    what: String,
    begun: Instant,
    total: usize,
    /// The rows that were there at the beginning.
    known: usize,
    done: usize,
    sum: f64,
    /// The rows that failed, where rows have no score.
    failed: Option<usize>,
}

impl Lines {
    pub(super) fn new(
        what: &'static str,
        spent: impl Fn() -> Usage + Send + Sync + 'static,
        out: impl Write + Send + 'static,
    ) -> Self {
        let (begun, before) = (Instant::now(), spent());
        let state = State { out: Box::new(out), begun, before, told: None, phase: None };
        Self { what, spent: Box::new(spent), state: Mutex::new(state) }
    }

    /// Rows begin to be run.
    pub(super) fn begin(&self, what: &str, total: usize) {
        let (what, begun) = (what.to_owned(), Instant::now());
        let phase = Phase { what, begun, total, known: 0, done: 0, sum: 0.0, failed: None };
        self.state().phase = Some(phase);
    }

    /// They are done; what comes next is not known.
    pub(super) fn end(&self) {
        self.state().phase = None;
    }

    /// A row was there already.
    pub(super) fn known(&self, score: f64) {
        self.change(|phase| {
            (phase.known, phase.done) = (phase.known + 1, phase.done + 1);
            phase.sum += score;
        });
    }

    pub(super) fn add(&self, score: f64) {
        self.change(|phase| {
            phase.done += 1;
            phase.sum += score;
        });
    }

    pub(super) fn add_unscored(&self, failed: bool) {
        self.change(|phase| {
            phase.done += 1;
            phase.failed = Some(phase.failed.unwrap_or_default() + usize::from(failed));
        });
    }

    fn change(&self, change: impl FnOnce(&mut Phase)) {
        if let Some(phase) = &mut self.state().phase {
            change(phase);
        }
    }

    /// Writes a line if it is time for one.
    pub(super) fn tick(&self) {
        let now = Instant::now();
        let mut state = self.state();
        let due = match state.told {
            None => state.begun + FIRST,
            Some(told) => told + ((now - state.begun) / 10).clamp(BETWEEN.0, BETWEEN.1),
        };
        if now >= due {
            state.told = Some(now);
            self.write(&mut state);
        }
    }

    /// Writes the last line, if there was one before.
    pub(super) fn finish(&self) {
        let mut state = self.state();
        if state.told.is_some() {
            self.write(&mut state);
        }
    }

    fn write(&self, state: &mut State) {
        let text = self.text(state);
        // Nobody is told where nobody can be; that is no reason to stop.
        let _ = state.out.write_all(format!("dspy: {text}\n").as_bytes());
        let _ = state.out.flush();
    }

    fn text(&self, state: &State) -> String {
        let mut text = self.what.to_owned();
        let now = Instant::now();
        match &state.phase {
            Some(phase) => phase.say(&mut text, state.begun, now),
            None => {
                let _ = write!(text, ": {} so far", time(now - state.begun));
            }
        }
        let (usage, before) = ((self.spent)(), state.before);
        let since = |count: fn(&Usage) -> u64| count(&usage).saturating_sub(count(&before));
        let calls = since(|usage| usage.calls);
        let _ = write!(text, "; {}", counted(calls, "LM call"));
        for (number, word) in
            [(since(|usage| usage.hits), "from cache"), (since(|usage| usage.retries), "made again")]
        {
            if number > 0 {
                let _ = write!(text, ", {} {word}", count(number));
            }
        }
        // Not every server reports them.
        let tokens = since(Usage::total_tokens);
        if tokens > 0 {
            let _ = write!(text, ", {}", counted(tokens, "token"));
        }
        text
    }
}

impl Phase {
    #[allow(clippy::cast_precision_loss)]
    fn say(&self, text: &mut String, begun: Instant, now: Instant) {
        if !self.what.is_empty() {
            let _ = write!(text, ", {}", self.what);
        }
        if self.total == 0 {
            let _ = write!(text, ": {} so far", time(now - begun));
            return;
        }
        let (done, total) = (count(self.done), count(self.total));
        let _ = write!(text, ": {done} of {total} rows in {}", time(now - begun));
        match self.failed {
            Some(failed) => {
                let _ = write!(text, ", {} failed", count(failed));
            }
            None if self.done > 0 => {
                let _ = write!(text, ", mean {:.3}", self.sum / self.done as f64);
            }
            None => {}
        }
        let (run, took) = (self.done - self.known, now - self.begun);
        if run == 0 || took.is_zero() {
            return;
        }
        let rate = run as f64 / took.as_secs_f64();
        let _ = match rate * 60.0 {
            slow @ ..10.0 => write!(text, ", {slow:.1} rows a minute"),
            rate => write!(text, ", {rate:.0} rows a minute"),
        };
        let left = self.total.saturating_sub(self.done);
        if left > 0 {
            let left = Duration::try_from_secs_f64(left as f64 / rate).unwrap_or(Duration::MAX);
            let _ = write!(text, ", about {} left", time(left));
        }
    }
}

impl Lines {
    // What was counted stays right whatever thread panicked while it held it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lines that are written while this is there, and a last one when it is not.
pub(crate) struct Teller {
    lines: Arc<Lines>,
    ticker: tokio::task::AbortHandle,
}

impl Teller {
    pub(super) fn new(lines: Lines) -> Self {
        let lines = Arc::new(lines);
        let ticking = lines.clone();
        let ticker = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                ticking.tick();
            }
        });
        Self { lines, ticker: ticker.abort_handle() }
    }

    pub(super) fn lines(&self) -> &Arc<Lines> {
        &self.lines
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        self.ticker.abort();
        self.lines.finish();
    }
}
