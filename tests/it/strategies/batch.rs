use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::lm::{Request, Response};
use dspy::{Budget, Context, Error, ErrorKind, Lm, Module, Predict, Result, module};
use futures_util::FutureExt;

use super::{Answer, AnswerInput, AnswerOutput, Slow, word};

fn inputs(count: usize) -> Vec<AnswerInput> {
    (0..count).map(|row| AnswerInput { question: format!("number {row}!") }).collect()
}

fn row_of(request: &Request) -> u64 {
    let text = request.messages.iter().last().map(|message| message.text().to_owned()).unwrap_or_default();
    let digits = text.split("number ").last().and_then(|rest| rest.split('!').next());
    digits.and_then(|digits| digits.parse().ok()).expect("every call has its row")
}

/// Answers with the row's number, the later the sooner; every fourth row fails.
fn model() -> Slow {
    Slow::new(0, |_, request| {
        let row = row_of(request);
        let reply = match row % 4 {
            3 => Err(Error::new(ErrorKind::Server, "down")),
            _ => Ok(Response::new(word(&format!("w{row}")))),
        };
        (Duration::from_millis(1_000 - row * 10), reply)
    })
}

#[tokio::test(start_paused = true)]
async fn outcomes_are_in_the_order_of_inputs_and_failures_are_values() {
    for at_once in [1, 8, 64] {
        let cx = Context::new(Lm::from(model()));
        let told: Arc<Mutex<Vec<usize>>> = Arc::default();
        let seen = told.clone();
        let batch = Predict::<Answer>::new().batch(&cx, inputs(20)).concurrency(at_once);
        let outcomes = batch.observer(move |row, _| seen.lock().expect("whole").push(row)).await;
        assert_eq!(outcomes.len(), 20);
        for (row, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Ok(reply) => assert_eq!(reply.word, format!("w{row}")),
                Err(error) => assert_eq!((row % 4, error.kind()), (3, ErrorKind::Server)),
            }
        }
        let mut told = told.lock().expect("whole").clone();
        assert_eq!(told.is_sorted(), at_once == 1, "each as soon as it is done");
        told.sort_unstable();
        assert_eq!(told, (0..20).collect::<Vec<_>>());
    }
    let none = Predict::<Answer>::new().batch(&Context::new(Lm::from(model())), [] as [AnswerInput; 0]).await;
    assert!(none.is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_row_begins_after_too_many_errors_or_a_spent_budget() {
    let cx = Context::new(Lm::from(model()));
    let outcomes = Predict::<Answer>::new().batch(&cx, inputs(20)).concurrency(1).max_errors(2).await;
    assert_eq!(cx.usage().calls, 8, "rows 3 and 7 failed");
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 6, "what is done is kept");
    let error = outcomes[8].as_ref().expect_err("not begun");
    assert_eq!(error.to_string(), "row 8 was not begun: 2 rows had failed before it");
    assert_eq!(error.kind(), ErrorKind::Cancelled);

    let outcomes =
        Predict::<Answer>::new().batch(&cx.with_budget(Budget::calls(3)), inputs(20)).concurrency(1).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    let broke = |outcome: &Result<_>| outcome.as_ref().is_err_and(Error::is_budget);
    assert_eq!(outcomes.iter().filter(|outcome| broke(outcome)).count(), 17);
    assert_eq!(
        outcomes[19].as_ref().expect_err("not begun").to_string(),
        "row 19 was not begun: the budget is spent"
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_has_its_time() {
    let cx = Context::new(Lm::from(model()));
    let outcomes = Predict::<Answer>::new().batch(&cx, inputs(11)).timeout(Duration::from_millis(905)).await;
    let late = |outcome: &Result<_>| outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::Timeout);
    assert_eq!(outcomes.iter().map(late).filter(|late| *late).count(), 10);
    assert_eq!(outcomes[10].as_ref().expect("in time").word, "w10");
    assert_eq!(outcomes[0].as_ref().expect_err("late").to_string(), "the row took longer than 905ms");
}

/// Panics at some inputs, and asks about each word of a list inside.
#[module]
struct Fragile {
    ask: Predict<Answer>,
}

#[module]
impl Fragile {
    async fn forward(&self, cx: &Context, input: AnswerInput) -> Result<AnswerOutput> {
        assert!(!input.question.contains('2'), "two is too much");
        let inner = self.ask.batch(cx, super::batch::inputs(3)).concurrency(3).await;
        Ok(inner.into_iter().collect::<Result<Vec<_>>>()?.remove(0).into_output())
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_row_and_steps_of_rows_are_in_their_order() {
    let cx = Context::new(Lm::from(model()));
    let outcomes = Fragile::new().batch(&cx, inputs(4)).await;
    let error = outcomes[2].as_ref().expect_err("it panicked");
    assert_eq!(error.to_string(), "the program panicked: two is too much");
    let reply = outcomes[3].as_ref().expect("it runs");
    let steps: Vec<_> = reply.trace().steps().map(|step| (&*step.path, step.input.to_string())).collect();
    assert!(steps.iter().all(|(path, _)| *path == "ask"), "{steps:?}");
    assert!(steps.iter().map(|(_, input)| input).is_sorted(), "though the last was done first: {steps:?}");
    assert_eq!((steps.len(), reply.usage().calls), (3, 3));
}

#[tokio::test]
async fn dropping_it_gives_every_row_up() {
    let slow = Slow::new(u32::MAX, |_, _| (Duration::ZERO, Ok(Response::new(word("a")))));
    let calls = slow.calls.clone();
    let cx = Context::new(Lm::from(slow));
    let mut batch =
        std::future::IntoFuture::into_future(Predict::<Answer>::new().batch(&cx, inputs(50)).concurrency(4));
    while calls.load(Ordering::SeqCst) < 4 {
        assert!((&mut batch).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(batch);
    // Tasks that were ended are dropped when the runtime comes to them.
    while cx.usage().stopped < 4 {
        tokio::task::yield_now().await;
    }
    assert_eq!((cx.usage().calls, calls.load(Ordering::SeqCst), cx.usage()), (4, 4, cx.ledger().total()));
}

#[tokio::test]
async fn it_can_be_given_up_after_each_poll() {
    for polls in 0.. {
        let slow = Slow::new(2, |_, _| (Duration::ZERO, Ok(Response::new(word("a")))));
        let calls = slow.calls.clone();
        let cx = Context::new(Lm::from(slow));
        let mut batch = std::future::IntoFuture::into_future(
            Predict::<Answer>::new().batch(&cx, inputs(6)).concurrency(2),
        );
        let mut ended = false;
        for _ in 0..=polls {
            ended = (&mut batch).now_or_never().is_some();
            if ended {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(batch);
        // Tasks that were ended are dropped when the runtime comes to them.
        while cx.usage().calls < calls.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        assert_eq!((cx.usage().calls, cx.usage()), (calls.load(Ordering::SeqCst), cx.ledger().total()));
        if ended {
            assert!(polls > 0, "it was given up in the middle");
            return;
        }
    }
}
