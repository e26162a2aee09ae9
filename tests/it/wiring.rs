//! Wired programs: what the macro makes of `#[call(…)]` runs like a `forward` by hand.

#[path = "../../examples/support/program.rs"]
#[allow(dead_code)]
mod program;
#[path = "../../examples/support/wiring.rs"]
mod wired;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::lm::{LanguageModel, ModelId, Request, Response, Scripted};
use dspy::{ChainOfThought, Context, ErrorKind, Module, Predict, Result, module, signature};
use futures_util::future::{BoxFuture, FutureExt};

use crate::task::{Fruit, Guess, Sorter, always, built_in};
use program::SupportTicketInput;

#[tokio::test]
async fn wiring_gives_what_the_same_program_by_hand_gives() {
    let (by_hand, wired) = (program::Support::new(), wired::Support::new());
    assert_eq!(by_hand.state(), wired.state());
    for text in ["The parcel never came", "I want my money back", "It arrived in pieces"] {
        let input = SupportTicketInput {
            ticket_text: text.to_owned(),
            policy_context: "[P1] Lost parcels are sent again. [P2] Broken goods are paid back.".to_owned(),
        };
        let (one, other) = (built_in(), built_in());
        let hand = by_hand.call(&one, input.clone()).await.expect("it runs");
        let wire = wired.call(&other, input).await.expect("it runs");
        assert_eq!((hand.queue, &hand.resolution), (wire.queue, &wire.resolution));
        assert_eq!(one.usage(), other.usage());
        let steps =
            |reply: &dspy::trace::Trace| reply.steps().map(|step| step.path.to_string()).collect::<Vec<_>>();
        assert_eq!(steps(hand.trace()), steps(wire.trace()));
        assert_eq!(one.history(9).to_string(), other.history(9).to_string(), "the prompts are the same");
    }
}

/// Look at one side.
#[signature]
struct Side {
    #[input]
    looks: String,
    #[output(desc = "")]
    fruit: Fruit,
}

#[module(looks: String -> left: Fruit, right: Fruit)]
struct Both {
    #[call(looks -> fruit as left)]
    left: Predict<Side>,
    #[call(looks -> fruit as right)]
    right: Box<Predict<Side>>,
}

/// Answers only when as many calls as the barrier has places wait for it at the same time.
struct Meeting {
    id: ModelId,
    barrier: tokio::sync::Barrier,
}

impl fmt::Debug for Meeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl LanguageModel for Meeting {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            self.barrier.wait().await;
            Ok(Response::new("[[ ## fruit ## ]]\napple"))
        }
        .boxed()
    }
}

#[tokio::test]
async fn calls_that_do_not_wait_for_each_other_run_at_the_same_time() {
    let model = Meeting { id: ModelId::new("test", "meeting"), barrier: tokio::sync::Barrier::new(2) };
    let looks = "round".to_owned();
    let reply = Both::new().call(&Context::new(model), BothInput { looks }).await.expect("they meet");
    assert_eq!((reply.left, reply.right), (Fruit::Apple, Fruit::Apple));
}

/// Put a description in order.
#[signature]
struct Clean {
    #[input]
    text: String,
    #[output(desc = "")]
    clean: String,
}

fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}

async fn halves(text: String) -> std::result::Result<(String, usize), std::num::ParseIntError> {
    let (words, number) = text.split_once('#').unwrap_or((&text, "0"));
    Ok((words.to_owned(), number.parse()?))
}

/// Everything that wiring has, in an order that is not that of the data.
#[module(Task: note as r#type -> fruit, because as reason, number, again)]
#[call(fn halves(trimmed) -> words, number)]
#[call(fn trimmed(&r#type) -> trimmed)]
#[derive(Debug)]
struct Everything {
    #[call(clean as looks -> reasoning as because, fruit)]
    guess: ChainOfThought<Guess>,
    #[frozen]
    #[call(clean as looks -> fruit as again)]
    nested: Sorter,
    #[call(words as text -> clean)]
    clean: Second<Predict<Clean>>,
}

/// A module with a parameter, in which one predictor is called twice.
#[module(text: String -> clean: String; no_new)]
#[derive(Debug)]
struct Second<M: Module<Input = CleanInput, Output = CleanOutput> + fmt::Debug> {
    #[call(text -> clean as once)]
    #[call(once as text -> clean as twice)]
    inner: Predict<Clean>,
    #[call(twice as text -> clean)]
    last: M,
}

fn everything() -> Everything {
    Everything {
        guess: ChainOfThought::new(),
        nested: Sorter::new(),
        clean: Second { inner: Predict::new(), last: Predict::new() },
    }
}

/// A task whose names are not those of the wires.
#[signature(instructions = "All at once.")]
struct Task {
    #[input]
    note: String,
    #[output(desc = "")]
    fruit: Fruit,
    #[output(desc = "")]
    again: Fruit,
    #[output(desc = "")]
    reason: String,
    #[output(desc = "")]
    number: usize,
}

fn answers() -> Scripted {
    Scripted::answering(|_| {
        "[[ ## reasoning ## ]]\nso\n[[ ## clean ## ]]\nred\n[[ ## fruit ## ]]\napple".to_owned()
    })
}

#[tokio::test]
async fn functions_renames_nested_modules_and_reasoning_are_wired_by_their_data() {
    let cx = Context::new(answers());
    let note = TaskInput { note: "  round#7 ".to_owned() };
    let reply = everything().call(&cx, note).await.expect("it runs");
    assert_eq!((reply.fruit, reply.again, reply.number), (Fruit::Apple, Fruit::Apple, 7));
    assert_eq!(reply.reason, "so");
    let paths: Vec<_> = reply.trace().steps().map(|step| step.path.to_string()).collect();
    assert_eq!(paths[..3], ["clean.inner", "clean.inner", "clean.last"]);
    assert_eq!(paths.len(), 6);
    assert_eq!(reply.usage().calls, 6);
}

#[tokio::test]
async fn the_error_of_a_function_is_an_error_of_the_program() {
    let note = TaskInput { note: "round#seven".to_owned() };
    let error = everything().call(&Context::new(answers()), note).await.expect_err("no number");
    assert_eq!(error.kind(), ErrorKind::Program);
    assert_eq!(error.to_string(), "invalid digit found in string");
}

#[tokio::test]
async fn an_error_ends_the_calls_that_still_run() {
    // The left call never ends by itself.
    let model = Stuck { id: ModelId::new("test", "stuck"), calls: AtomicUsize::new(0) };
    let looks = "round".to_owned();
    let error = Both::new().call(&Context::new(model), BothInput { looks }).await.expect_err("the right one");
    assert_eq!(error.kind(), ErrorKind::Server);
}

#[derive(Debug)]
struct Stuck {
    id: ModelId,
    calls: AtomicUsize,
}

impl LanguageModel for Stuck {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response>> {
        match self.calls.fetch_add(1, Ordering::Relaxed) {
            0 => std::future::pending().boxed(),
            _ => async { Err(dspy::Error::new(ErrorKind::Server, "it fails")) }.boxed(),
        }
    }
}

#[tokio::test]
async fn the_forward_of_wiring_can_be_called_in_one_by_hand() {
    let looks = "round".to_owned();
    let cx = Context::new(always("cherry"));
    let output = Both::new().forward(&cx, BothInput { looks }).await.expect("it runs");
    assert_eq!((output.left, output.right), (Fruit::Cherry, Fruit::Cherry));
}
