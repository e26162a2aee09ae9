//! Models around models: limits, retries, breakers, and others that are asked instead. Time is simulated.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dspy::lm::{
    Balanced, Breaker, Chunk, Fallback, LanguageModel, Limited, Limiter, Message, ModelId, Request, Response,
    Retry, Scripted,
};
use dspy::{Context, Error, ErrorKind, Lm, Predict, Result};
use futures_util::future::{BoxFuture, FutureExt, join_all};
use futures_util::{StreamExt, future};
use tokio::time::Instant;

use crate::task::{Guess, guess};

/// A model that takes its time and tells what happened when.
#[derive(Debug)]
struct Slow {
    id: ModelId,
    takes: Duration,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Log {
    begun: Mutex<Vec<Instant>>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Log {
    fn times(&self) -> Vec<Instant> {
        self.begun.lock().expect("whole").clone()
    }
}

fn slow(takes: Duration) -> (Slow, Arc<Log>) {
    let log = Arc::<Log>::default();
    (Slow { id: ModelId::new("test", "slow"), takes, log: log.clone() }, log)
}

impl LanguageModel for Slow {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            self.log.begun.lock().expect("whole").push(Instant::now());
            let now = self.log.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.log.most.fetch_max(now, Ordering::Relaxed);
            tokio::time::sleep(self.takes).await;
            self.log.now.fetch_sub(1, Ordering::Relaxed);
            Ok(Response::new("done").with_tokens(10, 10))
        }
        .boxed()
    }
}

fn request(text: &str) -> Request {
    Request::from(vec![Message::user(text)])
}

/// A model that fails as the script says and replies with its name where it does not.
fn model(
    name: &'static str,
    script: impl Fn(usize) -> Option<Error> + Send + Sync + 'static,
) -> (Lm, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let model = Scripted::new(move |call, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        script(call).map_or_else(|| Ok(Response::new(name)), Err)
    });
    (Lm::from(model.named(ModelId::new("test", name))), calls)
}

fn error(kind: ErrorKind) -> Error {
    Error::new(kind, "no")
}

async fn ask(lm: &Lm) -> Result<Response> {
    lm.model().complete(&request("Hi.")).await
}

#[tokio::test(start_paused = true)]
async fn calls_keep_to_the_rate_and_to_the_places_in_flight() {
    let (slow, log) = slow(Duration::from_secs(2));
    let lm = Lm::from(Limited::new(slow, &Limiter::new().requests_per_minute(120).in_flight(8)));
    let clones: Vec<Lm> = (0..200).map(|_| lm.clone()).collect();
    for answer in join_all(clones.iter().map(ask)).await {
        answer.expect("it answers");
    }
    let times = log.times();
    assert_eq!(log.most.load(Ordering::Relaxed), 8);
    for (place, first) in times.iter().enumerate() {
        let within = times[place..].iter().filter(|when| **when < *first + Duration::from_secs(60)).count();
        assert!(within <= 120, "{within} in a minute");
    }
    assert!(times[199] - times[0] < Duration::from_secs(115), "{:?}", times[199] - times[0]);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_estimated_and_then_corrected() {
    let (slow, log) = slow(Duration::from_millis(1));
    let lm = Lm::from(Limited::new(slow, &Limiter::new().tokens_per_minute(1_000)));
    let mut long = request("Hi.");
    // More than a tenth of the limit, so the second has to wait; but it used 20 of them.
    long.sampling.max_tokens = Some(150);
    for _ in 0..2 {
        lm.model().complete(&long).await.expect("it answers");
    }
    let waited = log.times()[1] - log.times()[0];
    assert!(waited < Duration::from_secs(6), "it was corrected: {waited:?}");
    let both = future::join(lm.model().complete(&long), lm.model().complete(&long)).await;
    assert!(both.0.is_ok() && both.1.is_ok());
    let waited = log.times()[3] - log.times()[2];
    assert!(waited > Duration::from_secs(6), "it was set aside: {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_leaves_its_place_to_others() {
    let (slow, log) = slow(Duration::from_millis(1));
    let lm = Lm::from(Limited::new(slow, &Limiter::new().requests_per_minute(10).in_flight(3)));
    ask(&lm).await.expect("it answers");
    for _ in 0..50 {
        let given_up = tokio::time::timeout(Duration::from_millis(1), ask(&lm)).await;
        assert!(given_up.is_err(), "there is no place yet");
    }
    ask(&lm).await.expect("it answers");
    assert!(log.times()[1] - log.times()[0] < Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn where_the_provider_asks_to_wait_all_calls_do() {
    let begun = Instant::now();
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = log.clone();
    let model = Scripted::new(move |call, _| {
        seen.lock().expect("whole").push(begun.elapsed().as_secs());
        match call {
            0 => Err(error(ErrorKind::RateLimit).with_retry_after(Some(Duration::from_secs(20)))),
            _ => Ok(Response::new("done")),
        }
    });
    let lm = Lm::from(Retry::new(Limited::new(model, &Limiter::new())));
    let (first, second) = (lm.clone(), lm);
    let first = tokio::spawn(async move { ask(&first).await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    ask(&second).await.expect("it waits");
    assert_eq!(first.await.expect("no panic").expect("it is asked again").usage.retries, 1);
    assert_eq!(*log.lock().expect("whole"), [0, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_hours_is_an_error_and_not_a_pause() {
    let (busy, calls) = model("busy", |_| {
        Some(error(ErrorKind::RateLimit).with_retry_after(Some(Duration::from_secs(7_200))))
    });
    let lm = Lm::from(Retry::new(Limited::new(busy, &Limiter::new())));
    let begun = Instant::now();
    for _ in 0..3 {
        ask(&lm).await.expect_err("it is busy for hours");
    }
    assert_eq!((calls.load(Ordering::Relaxed), begun.elapsed()), (3, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_not_begun_too_late_nor_after_too_long_a_wait() {
    let (down, calls) = model("down", |_| Some(error(ErrorKind::Server)));
    let begun = Instant::now();
    let lm = Lm::from(Retry::new(down).times(50).within(Duration::from_secs(10)));
    let failed = ask(&lm).await.expect_err("it is down");
    assert!(begun.elapsed() <= Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(failed.retries() as usize + 1, calls.load(Ordering::Relaxed));
    assert!(failed.retries() >= 3);

    let long = Duration::from_secs(3_600);
    let (busy, calls) =
        model("busy", move |_| Some(error(ErrorKind::RateLimit).with_retry_after(Some(long))));
    let failed = ask(&Lm::from(Retry::new(busy))).await.expect_err("it is busy");
    assert_eq!((failed.retry_after(), calls.load(Ordering::Relaxed)), (Some(long), 1));
}

#[tokio::test]
async fn the_next_is_asked_where_one_fails_and_every_call_is_counted() {
    let (down, _) = model("down", |_| Some(error(ErrorKind::Server)));
    let (poor, _) = model("poor", |_| Some(error(ErrorKind::Billing)));
    let (up, asked) = model("up", |_| None);
    let lm = Lm::from(Fallback::new(down.clone()).or(poor.clone()).or(up.clone()));
    assert_eq!(lm.id().to_string(), "test/down");
    let reply = ask(&lm).await.expect("the last one is up");
    assert_eq!((reply.text.as_str(), reply.usage.calls, reply.usage.retries), ("up", 1, 2));
    let chunks: Vec<_> = lm.model().stream(&request("Hi.")).collect().await;
    assert!(matches!(chunks.last(), Some(Ok(Chunk::End(end))) if end.usage.retries == 2), "{chunks:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 2);

    let failed = ask(&Lm::from(Fallback::new(down.clone()).or(poor))).await.expect_err("both are out");
    assert_eq!(failed.to_string(), "no; then test/poor: no");
    assert_eq!((failed.kind(), failed.retries()), (ErrorKind::Billing, 1));

    let (picky, _) = model("picky", |_| Some(error(ErrorKind::InvalidRequest)));
    let failed = ask(&Lm::from(Fallback::new(down).or(picky).or(up))).await.expect_err("it is not valid");
    assert_eq!((failed.kind(), asked.load(Ordering::Relaxed)), (ErrorKind::InvalidRequest, 2));
}

#[tokio::test]
async fn what_was_not_sent_is_no_call() {
    let (down, calls) = model("down", |_| Some(error(ErrorKind::Server)));
    let cx = Context::new(Breaker::new(down).failures(2));
    for _ in 0..5 {
        Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("it is down");
    }
    let usage = cx.usage();
    assert_eq!((calls.load(Ordering::Relaxed), (usage.calls, usage.retries)), (2, (2, 0)));
}

#[tokio::test]
async fn calls_are_shared_by_weight_and_the_same_one_goes_the_same_way() {
    let ((a, in_a), (b, in_b)) = (model("a", |_| None), model("b", |_| None));
    let lm = Lm::from(Balanced::new(a, 3.0).with(b, 1.0).with(model("c", |_| None).0, 0.0));
    let mut first = Vec::new();
    for number in 0..4_000 {
        first.push(lm.model().complete(&request(&format!("number {number}"))).await.expect("it is up").text);
    }
    let share = in_a.load(Ordering::Relaxed) as f64 / 4_000.0;
    assert!((0.72..0.78).contains(&share), "{share}");
    assert_eq!(in_a.load(Ordering::Relaxed) + in_b.load(Ordering::Relaxed), 4_000);
    for (number, first) in first.iter().enumerate().take(100) {
        let again = lm.model().complete(&request(&format!("number {number}"))).await.expect("it is up").text;
        assert_eq!(again, *first);
    }
    let (down, _) = model("down", |_| Some(error(ErrorKind::Timeout)));
    let lm = Lm::from(Balanced::new(down, 1e9).with(model("b", |_| None).0, 1.0));
    assert_eq!(ask(&lm).await.expect("the other is up").text, "b");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_down_is_left_alone_and_tried_again_by_one_call() {
    // Down for its first four calls.
    let (flaky, calls) = model("flaky", |call| (call < 4).then(|| error(ErrorKind::Transport)));
    let lm = Lm::from(Breaker::new(flaky).failures(3).pause(Duration::from_secs(10)));
    for _ in 0..3 {
        ask(&lm).await.expect_err("it is down");
    }
    let failed = ask(&lm).await.expect_err("it is left alone");
    assert_eq!(
        failed.to_string(),
        "test/flaky is not asked for another 10s: 3 calls failed in a row, the last: no"
    );
    assert_eq!((failed.retry_after(), calls.load(Ordering::Relaxed)), (Some(Duration::from_secs(10)), 3));

    tokio::time::sleep(Duration::from_secs(10)).await;
    ask(&lm).await.expect_err("it is still down");
    ask(&lm).await.expect_err("one try was enough");
    assert_eq!(calls.load(Ordering::Relaxed), 4);

    tokio::time::sleep(Duration::from_secs(10)).await;
    for _ in 0..10 {
        ask(&lm).await.expect("it is up");
    }
    let (wrong, calls) = model("wrong", |_| Some(error(ErrorKind::InvalidRequest)));
    let lm = Lm::from(Breaker::new(wrong).failures(1));
    for _ in 0..3 {
        ask(&lm).await.expect_err("it is not valid");
    }
    assert_eq!(calls.load(Ordering::Relaxed), 3, "it is not down, the requests are wrong");
}
