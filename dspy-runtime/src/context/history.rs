//! The last exchanges with a model, for people to read.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Result;
use crate::lm::{Lm, Reasoning, Request, Response, ToolCall};

/// How many exchanges are kept.
const KEPT: usize = 64;

/// A ring of slots. Each has a lock of its own, so that a call waits on another only if 64 more
/// began in the meantime.
pub(super) struct History {
    next: AtomicUsize,
    slots: Box<[Mutex<Slot>]>,
}

/// The number of an exchange and the exchange.
type Slot = Option<(usize, Arc<Exchange>)>;

/// One prompt and what came back.
#[derive(Clone, Debug)]
pub struct Exchange {
    path: Arc<str>,
    lm: Lm,
    request: Arc<Request>,
    reply: std::result::Result<String, String>,
    reasoning: Option<Reasoning>,
    calls: Vec<ToolCall>,
    stopped: bool,
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
    pub(super) fn push(&self, exchange: Exchange) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut slot = self.slots[number % KEPT].lock().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_none_or(|(held, _)| *held < number) {
            *slot = Some((number, Arc::new(exchange)));
        }
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
        Self { next: AtomicUsize::new(0), slots: (0..KEPT).map(|_| Mutex::default()).collect() }
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("next", &self.next).finish_non_exhaustive()
    }
}

impl Exchange {
    pub(super) fn new(path: &Arc<str>, lm: &Lm, request: Arc<Request>, outcome: &Result<Response>) -> Self {
        let (reply, reasoning, calls) = match outcome {
            Ok(Response { text, reasoning, tool_calls, .. }) => {
                (Ok(text.clone()), reasoning.clone(), tool_calls.clone())
            }
            Err(error) => (Err(error.to_string()), None, Vec::new()),
        };
        Self { path: path.clone(), lm: lm.clone(), request, reply, reasoning, calls, stopped: false }
    }

    pub(super) fn stopped(path: &Arc<str>, lm: &Lm, request: Arc<Request>, text: &str) -> Self {
        let mut exchange = Self::new(path, lm, request, &Ok(Response::new(text)));
        exchange.stopped = true;
        exchange
    }

    /// The predictor that made the call.
    pub fn path(&self) -> &str {
        &self.path
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

    /// Whether the reply was given up in the middle, so that its text is only the beginning.
    pub fn is_stopped(&self) -> bool {
        self.stopped
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
                exchange.lm.id()
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
