//! The last exchanges with a model, for people to read.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::lm::{Message, ModelId, Reasoning, Request, Response, ToolCall};

/// How many exchanges are kept, and how many bytes of them.
const KEPT: usize = 64;
const BYTES: usize = 16 << 20;

/// A ring of slots. Each has a lock of its own, so that a call waits on another only if 64 more
/// began in the meantime.
pub(super) struct History {
    next: AtomicUsize,
    /// The bytes of what is kept.
    bytes: AtomicUsize,
    most: usize,
    slots: Box<[Mutex<Slot>]>,
}

/// The number of an exchange and the exchange.
type Slot = Option<(usize, Arc<Exchange>)>;

/// One prompt and what came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    path: Arc<str>,
    model: ModelId,
    request: Arc<Request>,
    reply: std::result::Result<String, String>,
    reasoning: Option<Reasoning>,
    calls: Vec<ToolCall>,
    stopped: bool,
    /// About how much of memory it holds, with what it shares with others.
    bytes: usize,
    hit: bool,
}

/// What came back in an exchange, as a file keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Told {
    model: ModelId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasoning: Option<Reasoning>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    calls: Vec<ToolCall>,
    #[serde(default, skip_serializing_if = "is_not")]
    stopped: bool,
    #[serde(default, skip_serializing_if = "is_not")]
    hit: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_not(flag: &bool) -> bool {
    !flag
}

/// Exchanges, printed so that a person can read them.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, Predict, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Scripted::replies(["[[ ## word ## ]]\nParis"]));
/// Predict::<Answer>::new().call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
///
/// let printed = cx.history(1).to_string();
/// assert!(printed.contains("Capital of France?") && printed.contains("Paris"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HistoryView(Vec<Arc<Exchange>>);

impl History {
    /// Keeps so many bytes at the most.
    pub(super) fn limited(most: usize) -> Self {
        let slots = (0..KEPT).map(|_| Mutex::default()).collect();
        Self { next: AtomicUsize::new(0), bytes: AtomicUsize::new(0), most, slots }
    }

    pub(super) fn push(&self, exchange: Exchange) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut slot = self.slot(number);
        if slot.as_ref().is_none_or(|(held, _)| *held < number) {
            self.bytes.fetch_add(exchange.bytes, Ordering::Relaxed);
            let before = slot.replace((number, Arc::new(exchange)));
            drop(slot);
            self.forget(before);
            self.make_room(number);
        }
    }

    /// Lets the oldest exchanges go until the others are within the limit; the exchange of that number last.
    fn make_room(&self, number: usize) {
        for old in (number + 1).saturating_sub(KEPT)..=number {
            if self.bytes.load(Ordering::Relaxed) <= self.most {
                return;
            }
            let mut slot = self.slot(old);
            let held = slot.take_if(|(held, _)| *held == old);
            drop(slot);
            self.forget(held);
        }
    }

    fn forget(&self, slot: Slot) {
        if let Some((_, exchange)) = slot {
            self.bytes.fetch_sub(exchange.bytes, Ordering::Relaxed);
        }
    }

    fn slot(&self, number: usize) -> MutexGuard<'_, Slot> {
        self.slots[number % KEPT].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn last(&self, n: usize) -> HistoryView {
        let kept = self.slots.iter().map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let mut kept: Vec<_> = kept.flatten().collect();
        kept.sort_by_key(|(number, _)| *number);
        HistoryView(kept.into_iter().rev().take(n).rev().map(|(_, exchange)| exchange).collect())
    }
}

impl Default for History {
    fn default() -> Self {
        Self::limited(BYTES)
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Exchange {
    pub(crate) fn new(
        path: &Arc<str>,
        model: &ModelId,
        request: Arc<Request>,
        outcome: &Result<Response>,
    ) -> Self {
        let (reply, reasoning, calls) = match outcome {
            Ok(Response { text, reasoning, tool_calls, .. }) => {
                (Ok(text.clone()), reasoning.clone(), tool_calls.clone())
            }
            Err(error) => (Err(error.to_string()), None, Vec::new()),
        };
        let said = reply.as_ref().map_or_else(String::len, String::len);
        let thought = reasoning.as_ref().map_or(0, |reasoning| reasoning.text.len());
        let asked: usize = request.messages.iter().map(Message::bytes).sum();
        let bytes = asked + said + thought;
        let hit = outcome.as_ref().is_ok_and(|response| response.usage.hits > 0);
        Self {
            path: path.clone(),
            model: model.clone(),
            request,
            reply,
            reasoning,
            calls,
            stopped: false,
            bytes,
            hit,
        }
    }

    pub(crate) fn stopped(path: &Arc<str>, model: &ModelId, request: Arc<Request>, text: &str) -> Self {
        let mut exchange = Self::new(path, model, request, &Ok(Response::new(text)));
        exchange.stopped = true;
        exchange
    }

    /// All but its path and the request.
    pub(crate) fn told(&self) -> Told {
        let (reply, error) = match &self.reply {
            Ok(text) => (Some(text.clone()), None),
            Err(error) => (None, Some(error.clone())),
        };
        Told {
            model: self.model.clone(),
            reply,
            error,
            reasoning: self.reasoning.clone(),
            calls: self.calls.clone(),
            stopped: self.stopped,
            hit: self.hit,
        }
    }

    /// The predictor that made the call.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The model that was asked.
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// What was asked.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The text of the reply, or the text of the error.
    pub fn reply(&self) -> std::result::Result<&str, &str> {
        self.reply.as_deref().map_err(String::as_str)
    }

    /// What the model thought before it replied, as far as its provider tells.
    pub fn reasoning(&self) -> Option<&Reasoning> {
        self.reasoning.as_ref()
    }

    /// The tools that the reply asks for.
    pub fn tool_calls(&self) -> &[ToolCall] {
        &self.calls
    }

    /// Whether the reply came out of a [`Cache`](crate::Cache).
    pub fn is_hit(&self) -> bool {
        self.hit
    }

    /// Whether the reply was given up in the middle, so that its text is only the beginning.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }
}

impl Told {
    /// As it was.
    pub(crate) fn exchange(self, path: &Arc<str>, request: Arc<Request>) -> Exchange {
        let outcome = match self.reply {
            Some(text) => {
                let mut response = Response::new(text);
                (response.reasoning, response.tool_calls) = (self.reasoning, self.calls);
                Ok(response)
            }
            None => Err(Error::new(ErrorKind::Program, self.error.unwrap_or_default())),
        };
        let exchange = Exchange::new(path, &self.model, request, &outcome);
        Exchange { stopped: self.stopped, hit: self.hit, ..exchange }
    }
}

impl HistoryView {
    /// The exchanges, the latest last.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.0.iter().map(|exchange| &**exchange)
    }
}

impl fmt::Display for HistoryView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, exchange) in self.0.iter().enumerate() {
            writeln!(
                f,
                "=== {} of {}: {} asks {}\n",
                index + 1,
                self.0.len(),
                exchange.path,
                exchange.model
            )?;
            write!(f, "{}", exchange.request.messages)?;
            if let Some(reasoning) =
                exchange.reasoning.as_ref().filter(|reasoning| !reasoning.text.is_empty())
            {
                writeln!(f, ">>> reasoning\n{}\n", reasoning.text.trim_end())?;
            }
            match &exchange.reply {
                Ok(text) if exchange.stopped => {
                    writeln!(f, ">>> reply, stopped here\n{}\n", text.trim_end())?
                }
                Ok(text) if exchange.hit => writeln!(f, ">>> reply, from the cache\n{}\n", text.trim_end())?,
                Ok(text) => writeln!(f, ">>> reply\n{}\n", text.trim_end())?,
                Err(text) => writeln!(f, ">>> error\n{text}\n")?,
            }
            for call in &exchange.calls {
                writeln!(f, ">>> calls {call}\n")?;
            }
        }
        Ok(())
    }
}
