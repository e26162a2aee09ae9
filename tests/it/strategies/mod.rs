//! Programs that are made of programs.

mod batch;
mod best_of_n;
mod majority;
mod multi_chain;
mod or_else;
mod refine;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use dspy::lm::{LanguageModel, ModelId, Request, Response};
use dspy::{Context, Result, signature};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, poll_fn};

/// Answer the question in one word.
#[signature]
#[derive(Debug, Clone)]
pub struct Answer {
    #[input]
    pub question: String,
    #[output(desc = "")]
    pub word: String,
}

pub fn question() -> AnswerInput {
    AnswerInput { question: "Which one?".into() }
}

pub fn word(word: &str) -> String {
    format!("[[ ## reasoning ## ]]\nso\n[[ ## word ## ]]\n{word}\n[[ ## completed ## ]]")
}

/// How long a call takes, and what it is answered.
type Answering = dyn Fn(u64, &Request) -> (Duration, Result<Response>) + Send + Sync;

/// A model that takes its time: it is polled a few times before it answers, or takes simulated milliseconds.
pub struct Slow {
    id: ModelId,
    pub calls: Arc<AtomicU64>,
    polls: u32,
    tools: bool,
    answer: Box<Answering>,
}

impl Slow {
    pub fn new(
        polls: u32,
        answer: impl Fn(u64, &Request) -> (Duration, Result<Response>) + Send + Sync + 'static,
    ) -> Self {
        Self {
            id: ModelId::new("test", "slow"),
            calls: Arc::default(),
            polls,
            tools: false,
            answer: Box::new(answer),
        }
    }
}

impl Slow {
    pub fn with_tools(mut self) -> Self {
        self.tools = true;
        self
    }
}

impl std::fmt::Debug for Slow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Slow")
    }
}

/// Is polled so many times before it is ready.
pub async fn pending(polls: u32) {
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl LanguageModel for Slow {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn takes_tools(&self) -> bool {
        self.tools
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        async move {
            pending(self.polls).await;
            let (takes, reply) = (self.answer)(call, request);
            if !takes.is_zero() {
                tokio::time::sleep(takes).await;
            }
            reply
        }
        .boxed()
    }
}

/// Gives a call up after each of its polls, and checks that the books agree with the model each time.
pub fn given_up_after_each_poll<T>(
    model: impl Fn() -> Slow,
    call: impl for<'a> Fn(&'a Context) -> BoxFuture<'a, T>,
) {
    for polls in 0.. {
        let slow = model();
        let calls = slow.calls.clone();
        let cx = Context::new(dspy::Lm::from(slow));
        let mut run = call(&cx);
        let ended = (0..=polls).any(|_| (&mut run).now_or_never().is_some());
        drop(run);
        assert_eq!(cx.usage().calls, calls.load(Ordering::SeqCst), "after {polls} polls");
        assert_eq!(cx.usage(), cx.ledger().total(), "after {polls} polls");
        if ended {
            assert!(polls > 3, "it was given up in the middle");
            return;
        }
    }
}
