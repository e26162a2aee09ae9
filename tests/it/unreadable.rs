//! Replies that nobody can use: they do not come back from a cache for ever, and their errors say what they are.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use dspy::adapter::TwoStep;
use dspy::cache::{Cache, Cached};
use dspy::lm::{CacheUse, Fallback, FinishReason, ModelId, Reasoning, Request, Response, Scripted};
use dspy::{Context, ErrorKind, Lm, Predict, Result};

use crate::cache::Folder;
use crate::task::{Guess, guess};

const GOOD: &str = "[[ ## fruit ## ]]\napple\n[[ ## completed ## ]]";

type Reply = fn() -> Response;

fn good() -> Response {
    Response::new(GOOD)
}

fn unreadable() -> Response {
    Response::new("[[ ## fruit ## ]]\nsomething round\n[[ ## completed ## ]]")
}

fn empty() -> Response {
    Response::new("I cannot say.")
}

fn cut_off() -> Response {
    let mut response = Response::new("[[ ## fruit ## ]]\nappl");
    response.finish = FinishReason::Length;
    response
}

/// A model of another process: it gives these replies one after the other, the last for ever.
fn process(replies: &'static [Reply]) -> (Scripted, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let model = Scripted::new(move |call, _| {
        seen.fetch_add(1, Ordering::Relaxed);
        Ok(replies.get(call).or(replies.last()).expect("a reply")())
    });
    (model, calls)
}

async fn ask(lm: impl Into<Lm>, cache: CacheUse, parse_retries: u32) -> Result<u64> {
    let cx = Context::new(lm.into()).with_cache(cache).with_parse_retries(parse_retries);
    let fruit = Predict::<Guess>::new().call(&cx, guess("red")).await?;
    Ok(fruit.usage().hits)
}

#[tokio::test]
async fn the_next_process_asks_anew() {
    for (number, bad) in [unreadable as Reply, empty, cut_off].into_iter().enumerate() {
        let folder = Folder::new(&format!("unreadable-{number}"));
        let open = || Cache::open(&folder.0).expect("a folder");
        let replies: &'static [Reply] = Box::leak(Box::new([bad]));
        let error = ask(Cached::new(process(replies).0, &open()), CacheUse::ReadWrite, 1).await;
        let error = error.expect_err("it cannot be read");
        assert!(error.is_parse() && !error.to_string().contains("cache"), "{error}");
        assert_eq!(open().on_disk().expect("a folder").0, 0, "nothing is kept");
        let (model, calls) = process(&[good]);
        let hits = ask(Cached::new(model, &open()), CacheUse::ReadWrite, 1).await.expect("a fruit");
        assert_eq!((hits, calls.load(Ordering::Relaxed)), (0, 1));
    }
}

/// A process that is killed before it has read a reply leaves it behind, as an older version does.
#[tokio::test]
async fn one_that_is_in_the_cache_is_told_and_let_go_of() {
    for cache_use in [CacheUse::ReadWrite, CacheUse::Read] {
        let folder = Folder::new(&format!("left-behind-{cache_use:?}"));
        let (disk, memory) = (Cache::open(&folder.0).expect("a folder"), Cache::memory(1 << 20));
        for cache in [disk, memory] {
            let lm = Lm::from(Cached::new(process(&[unreadable, good]).0, &cache));
            lm.model().complete(&asked().await).await.expect("a reply");
            let error = ask(lm.clone(), cache_use, 0).await.expect_err("it cannot be read");
            let says = "the reply came from the cache, which has let go of it: the reply cannot be read";
            assert!(error.to_string().contains(says) && error.is_parse(), "{error}");
            assert_eq!(ask(lm, cache_use, 0).await.expect("a fruit"), 0, "asked anew");
        }
    }
}

/// What a call asks.
async fn asked() -> Request {
    let seen = Arc::new(Mutex::new(None));
    let kept = seen.clone();
    let model = Scripted::new(move |_, request| {
        *kept.lock().expect("no panic") = Some(request.clone());
        Ok(good())
    });
    ask(model, CacheUse::ReadWrite, 0).await.expect("a fruit");
    let asked = seen.lock().expect("no panic").take();
    asked.expect("it was asked")
}

#[tokio::test]
async fn what_was_mended_by_asking_again_costs_nothing_the_second_time() {
    let cache = Cache::memory(1 << 20);
    let (model, calls) = process(&[unreadable, good]);
    let lm = Lm::from(Cached::new(model, &cache));
    for hits in [0, 2] {
        assert_eq!(ask(lm.clone(), CacheUse::ReadWrite, 1).await.expect("a fruit"), hits);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn models_inside_of_others_let_go_as_well() {
    let cache = Cache::memory(1 << 20);
    let (model, calls) = process(&[unreadable, good]);
    let down = Scripted::new(|_, _| Err(dspy::Error::new(ErrorKind::Server, "down")));
    let first = Cached::new(down.named(ModelId::new("test", "down")), &cache);
    let lm = Lm::from(Fallback::new(first).or(Cached::new(model, &cache)));
    ask(lm.clone(), CacheUse::ReadWrite, 0).await.expect_err("it cannot be read");
    ask(lm, CacheUse::ReadWrite, 0).await.expect("a fruit");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_reply_that_ended_in_an_unknown_way_is_named() {
    for word in ["pause_turn", "load_shed", "OTHER"] {
        let cx = Context::new(Scripted::new(move |_, _| {
            let mut response = good();
            response.finish = FinishReason::Other(word.to_owned());
            Ok(response)
        }));
        let error = Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("who knows");
        assert!(error.is_parse() && error.to_string().contains(&format!("`{word}`")), "{error}");
        assert_eq!(cx.usage().calls, 1);
    }
}

fn thinking(text: &str) -> Response {
    let mut response = Response::new(text);
    response.reasoning = Some(Reasoning::new("It is red, so it is an apple."));
    response
}

#[tokio::test]
async fn reasoning_without_an_answer_is_told() {
    for make in [
        || thinking(""),
        || thinking(" \n"),
        || {
            let mut sealed = Response::new("");
            sealed.usage.reasoning_tokens = 40;
            sealed
        },
    ] {
        let cx = Context::new(Scripted::new(move |_, _| Ok(make()))).with_parse_retries(1);
        let asked = [
            Predict::<Guess>::new().call(&cx, guess("red")).await,
            Predict::<Guess>::new().adapter(TwoStep::new()).call(&cx, guess("red")).await,
        ];
        for error in asked.map(|asked| asked.expect_err("no answer")) {
            assert!(error.is_parse() && error.to_string().contains("reasoning alone"), "{error}");
        }
        assert_eq!(cx.usage().calls, 4, "nothing was made of it by another call");
    }
    let cut = Context::new(Scripted::new(|_, _| {
        let mut cut = thinking("");
        cut.finish = FinishReason::Length;
        Ok(cut)
    }));
    let error = Predict::<Guess>::new().call(&cut, guess("red")).await.expect_err("cut off");
    assert!(error.to_string().contains("(all that came is reasoning); raise `max_tokens`"), "{error}");
    let cx = Context::new(Scripted::new(|_, _| Ok(thinking(GOOD))));
    Predict::<Guess>::new().call(&cx, guess("red")).await.expect("thoughts beside an answer are fine");
}
