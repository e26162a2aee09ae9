//! The last exchanges with a model, for people to read.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::trace::Exchange;

/// The number of exchanges kept, and their size in bytes.
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
    /// Keeps so many bytes at most.
    pub(super) fn limited(most: usize) -> Self {
        let slots = (0..KEPT).map(|_| Mutex::default()).collect();
        Self { next: AtomicUsize::new(0), bytes: AtomicUsize::new(0), most, slots }
    }

    pub(super) fn push(&self, exchange: Exchange) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let mut slot = self.slot(number);
        if slot.as_ref().is_none_or(|(held, _)| *held < number) {
            self.bytes.fetch_add(exchange.bytes(), Ordering::Relaxed);
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
            self.bytes.fetch_sub(exchange.bytes(), Ordering::Relaxed);
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
                exchange.path(),
                exchange.model()
            )?;
            write!(f, "{exchange}")?;
        }
        Ok(())
    }
}
