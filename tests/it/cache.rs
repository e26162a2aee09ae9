//! Replies that are kept: what is the same call, who pays, and what is there for the next process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dspy::cache::{Cache, Cached};
use dspy::lm::{
    CacheUse, Chunk, Fallback, FinishReason, LanguageModel, Message, ModelId, Request, Response, Scripted,
};
use dspy::trace::Note;
use dspy::{Budget, Context, Error, ErrorKind, Lm, Module, Predict, RandomSearch, Result};
use futures_util::StreamExt;
use futures_util::future::{self, BoxFuture, FutureExt, join_all};
use tokio::sync::Semaphore;

use crate::task::{Fruit, Guess, Sorter, guess, right, splits};

/// A folder of one test, away when the test is over.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("cache-{name}"));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }

    fn open(&self) -> Cache {
        Cache::open(&self.0).expect("a folder")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A model that tells how often it was asked, and replies with that number from 1.
fn counted() -> (Scripted, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = calls.clone();
    let model = Scripted::new(move |_, _| {
        let call = seen.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(Response::new(call.to_string()).with_tokens(10, 2))
    });
    (model, calls)
}

fn request(text: &str) -> Request {
    Request::from(vec![Message::user(text)])
}

async fn ask(lm: &Lm, cache: CacheUse) -> String {
    let mut request = request("Hi.");
    request.cache = cache;
    lm.model().complete(&request).await.expect("it answers").text
}

fn cached(model: impl Into<Lm>, cache: &Cache) -> Lm {
    Lm::from(Cached::new(model, cache))
}

/// A model that answers when it may.
#[derive(Debug)]
struct Gated {
    id: ModelId,
    gate: Arc<Semaphore>,
    asked: Arc<AtomicUsize>,
    fails: bool,
}

fn gated(fails: bool) -> (Gated, Arc<Semaphore>, Arc<AtomicUsize>) {
    let (gate, asked) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let id = ModelId::new("test", "gated");
    (Gated { id, gate: gate.clone(), asked: asked.clone(), fails }, gate, asked)
}

impl LanguageModel for Gated {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.gate.acquire().await.expect("open").forget();
            match self.fails {
                true => Err(Error::new(ErrorKind::Server, "down").with_status(503)),
                false => Ok(Response::new("[[ ## fruit ## ]]\napple").with_tokens(10, 2)),
            }
        }
        .boxed()
    }

    fn is_secret_in(&self, text: &str) -> bool {
        text.contains("sesame")
    }
}

#[tokio::test]
async fn a_hit_is_told_apart_and_no_budget_is_charged_for_it() {
    let folder = Folder::new("hits");
    let model = || Scripted::replies(["[[ ## fruit ## ]]\napple", "[[ ## fruit ## ]]\nbanana"]);
    let cx = Context::new(Cached::new(model(), &folder.open())).with_budget(Budget::calls(2));
    let predict = Predict::<Guess>::new();
    for call in 0..5 {
        let reply = predict.call(&cx, guess("red")).await.expect("it is in the budget");
        let step = reply.trace().steps().next().expect("one").clone();
        assert_eq!((reply.fruit, step.usage.hits), (Fruit::Apple, u64::from(call > 0)));
        assert_eq!(step.notes.contains(&Note::FromCache), call > 0, "{:?}", step.notes);
    }
    assert_eq!(predict.call(&cx, guess("yellow")).await.expect("the second").fruit, Fruit::Banana);
    let usage = cx.usage();
    assert_eq!((usage.calls, usage.hits, usage.paid().calls), (6, 4, 2));
    let hits: Vec<bool> = cx.history(6).exchanges().map(dspy::trace::Exchange::is_hit).collect();
    assert_eq!(hits, [false, true, true, true, true, false]);
    assert!(cx.history(2).to_string().contains(">>> reply, from the cache\n[[ ## fruit ## ]]"));

    // Another process, which has paid for nothing.
    let cache = folder.open();
    let cx = Context::new(Cached::new(Scripted::replies([""; 0]), &cache));
    assert_eq!(predict.call(&cx, guess("red")).await.expect("it is on disk").fruit, Fruit::Apple);
    assert_eq!(predict.call(&cx, guess("red")).await.expect("it is in memory").fruit, Fruit::Apple);
    assert_eq!(
        cache.stats().to_string().split(';').next(),
        Some("2 hits (1 from memory, 1 from disk, 0 shared), 0 misses")
    );
    cache.clear().expect("it is ours");
    predict.call(&cx, guess("red")).await.expect_err("nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_calls_in_flight_are_one() {
    let (model, gate, asked) = gated(false);
    let cache = Cache::memory(1 << 20);
    let cx = Context::new(Cached::new(model, &cache));
    let barrier = Arc::new(tokio::sync::Barrier::new(101));
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (cx, barrier) = (cx.clone(), barrier.clone());
            tokio::spawn(async move {
                barrier.wait().await;
                Predict::<Guess>::new().call(&cx, guess("red")).await.map(|reply| reply.fruit)
            })
        })
        .collect();
    barrier.wait().await;
    gate.add_permits(1);
    for call in calls {
        assert_eq!(call.await.expect("no panic").expect("it answers"), Fruit::Apple);
    }
    let usage = cx.usage();
    assert_eq!((asked.load(Ordering::Relaxed), usage.calls, usage.hits), (1, 100, 99));
    assert_eq!((usage.input_tokens, usage.paid().input_tokens), (1_000, 10));
    assert_eq!(cache.stats().hits(), 99);
}

#[tokio::test]
async fn where_the_one_that_pays_is_given_up_another_does() {
    let (model, gate, asked) = gated(false);
    let cache = Cache::memory(1 << 20);
    let (lm, request) = (cached(model, &cache), request("Hi."));
    let mut calls: Vec<_> = (0..3).map(|_| lm.model().complete(&request)).collect();
    for call in &mut calls {
        assert!(call.now_or_never().is_none());
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    drop(calls.remove(0));
    assert!((&mut calls[0]).now_or_never().is_none());
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    gate.add_permits(1);
    let hits: Vec<u64> =
        join_all(calls).await.into_iter().map(|reply| reply.expect("it answers").usage.hits).collect();
    assert_eq!((hits, asked.load(Ordering::Relaxed)), (vec![0, 1], 2));
}

#[tokio::test]
async fn an_error_is_told_to_all_who_wait_and_not_kept() {
    let (model, gate, asked) = gated(true);
    let cx = Context::new(Cached::new(model, &Cache::memory(1 << 20)));
    let predict = Predict::<Guess>::new();
    for round in 1..=2 {
        let calls = join_all((0..3).map(|_| predict.call(&cx, guess("red"))));
        // It opens once all of them wait.
        let opens = async { gate.add_permits(1) };
        for outcome in future::join(calls, opens).await.0 {
            let error = outcome.expect_err("it is down");
            assert_eq!((error.kind(), error.status()), (ErrorKind::Server, Some(503)));
            assert!(error.to_string().ends_with("down"), "{error}");
        }
        assert_eq!((asked.load(Ordering::Relaxed), cx.usage().calls), (round, round as u64));
    }
}

#[tokio::test]
async fn each_use_reads_and_keeps_as_it_says() {
    let (model, calls) = counted();
    let cache = Cache::memory(1 << 20);
    let lm = cached(model, &cache);
    for (cache, text, asked) in [
        (CacheUse::Off, "1", 1),
        (CacheUse::Read, "2", 2),
        (CacheUse::Write, "3", 3),
        (CacheUse::Read, "3", 3),
        (CacheUse::Write, "4", 4),
        (CacheUse::ReadWrite, "3", 4),
        (CacheUse::Off, "5", 5),
        (CacheUse::Refresh, "6", 6),
        (CacheUse::ReadWrite, "6", 6),
        (CacheUse::Read, "6", 6),
    ] {
        assert_eq!(ask(&lm, cache).await, text, "{cache:?}");
        assert_eq!(calls.load(Ordering::Relaxed), asked, "{cache:?}");
    }
    let stats = cache.stats();
    assert_eq!((stats.hits(), stats.misses, stats.kept), (4, 1, 2));
    // Through a context.
    let (model, calls) = counted();
    let cx = Context::new(cached(model, &cache)).with_cache(CacheUse::Off).with_parse_retries(0);
    for _ in 0..2 {
        Predict::<Guess>::new().call(&cx, guess("red")).await.expect_err("a number is no fruit");
    }
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    let kept = cx.with_cache(CacheUse::ReadWrite);
    for rollout in [0, 0, 1] {
        Predict::<Guess>::new().call(&kept.with_rollout(rollout), guess("red")).await.expect_err("no fruit");
    }
    assert_eq!(calls.load(Ordering::Relaxed), 5, "what cannot be read is not kept");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_not_taken() {
    let folder = Folder::new("time");
    let (model, calls) = counted();
    let cache = folder.open().time_to_live(Duration::from_secs(60));
    let lm = cached(model, &cache);
    let disk_alone =
        |model| cached(model, &folder.open().memory_limit(0).time_to_live(Duration::from_secs(60)));
    let (another, paid) = counted();
    let disk_alone = disk_alone(another);
    assert_eq!(ask(&lm, CacheUse::ReadWrite).await, "1");
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(ask(&lm, CacheUse::ReadWrite).await, "1");
    assert_eq!((ask(&disk_alone, CacheUse::Read).await.as_str(), paid.load(Ordering::Relaxed)), ("1", 0));
    tokio::time::advance(Duration::from_secs(2)).await;
    assert_eq!(ask(&disk_alone, CacheUse::Read).await, "1");
    assert_eq!(paid.load(Ordering::Relaxed), 1, "it asked");
    assert_eq!(ask(&lm, CacheUse::Write).await, "2");
    assert_eq!(ask(&lm, CacheUse::ReadWrite).await, "2", "it was written anew");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn what_is_no_whole_reply_of_the_model_is_not_kept() {
    let finished = |finish: FinishReason| {
        Scripted::new(move |call, _| {
            let mut response = Response::new(call.to_string());
            response.finish = finish.clone();
            Ok(response)
        })
    };
    use FinishReason::{ContentFilter, Length, Other, Stop, ToolCalls};
    let reasons =
        [(Stop, true), (Length, true), (ToolCalls, true), (ContentFilter, false), (Other("?".into()), false)];
    for (finish, kept) in reasons {
        let lm = cached(finished(finish.clone()), &Cache::memory(1 << 20));
        let replies = [ask(&lm, CacheUse::ReadWrite).await, ask(&lm, CacheUse::ReadWrite).await];
        assert_eq!(replies == ["0", "0"], kept, "{finish:?}");
    }
    let down =
        Scripted::new(|_, _| Err(Error::new(ErrorKind::Server, "down"))).named(ModelId::new("test", "down"));
    let cache = Cache::memory(1 << 20);
    let lm = cached(Fallback::new(down).or(counted().0), &cache);
    assert_eq!(ask(&lm, CacheUse::ReadWrite).await, "1");
    assert_eq!(ask(&lm, CacheUse::ReadWrite).await, "2", "another model stood in");

    let folder = Folder::new("secret");
    let secret = Scripted::replies(["open sesame"; 2]);
    #[derive(Debug)]
    struct Leaky(Scripted);
    impl LanguageModel for Leaky {
        fn id(&self) -> &ModelId {
            self.0.id()
        }
        fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
            self.0.complete(request)
        }
        fn is_secret_in(&self, text: &str) -> bool {
            text.contains("sesame")
        }
    }
    let cache = folder.open();
    let lm = cached(Leaky(secret), &cache);
    ask(&lm, CacheUse::ReadWrite).await;
    ask(&lm, CacheUse::ReadWrite).await;
    assert_eq!(cache.stats().kept, 0);
}

#[tokio::test]
async fn streams_take_what_is_kept_and_keep_what_they_got() {
    let folder = Folder::new("streams");
    let lm = cached(Scripted::replies(["hello there", "again"]).in_chunks(5), &folder.open());
    let request = request("Hi.");
    let texts = |chunks: &[Result<Chunk>]| -> Vec<String> {
        let text = |chunk: &Result<Chunk>| match chunk {
            Ok(Chunk::Text(text)) => Some(text.clone()),
            Ok(Chunk::End(end)) => Some(format!("{} of {} hits", end.text, end.usage.hits)),
            _ => None,
        };
        chunks.iter().filter_map(text).collect()
    };
    let first: Vec<_> = lm.model().stream(&request).collect().await;
    assert_eq!(texts(&first), ["hello", " ther", "e", "hello there of 0 hits"]);
    let second: Vec<_> = lm.model().stream(&request).collect().await;
    assert_eq!(texts(&second), ["hello there", "hello there of 1 hits"]);
    assert_eq!(ask(&lm, CacheUse::ReadWrite).await, "hello there", "it is the same call");
    let mut fresh = request.clone();
    fresh.cache = CacheUse::Refresh;
    let third: Vec<_> = lm.model().stream(&fresh).collect().await;
    assert_eq!(texts(&third), ["again", "again of 0 hits"]);
    drop(lm);
    let lm = cached(Scripted::replies([""; 0]), &folder.open());
    let fourth: Vec<_> = lm.model().stream(&request).collect().await;
    assert_eq!(texts(&fourth), ["again", "again of 1 hits"]);
}

#[tokio::test]
async fn programs_and_models_share_a_cache_without_meeting() {
    let cache = Cache::memory(1 << 20);
    let named = |name: &str, fruit: &'static str| {
        cached(crate::task::always(fruit).named(ModelId::new("test", name)), &cache)
    };
    let (a, b) = (Context::new(named("a", "apple")), Context::new(named("b", "banana")));
    let sorter = Sorter::new();
    assert_eq!(sorter.call(&a, guess("red")).await.expect("it answers").fruit, Fruit::Apple);
    assert_eq!(sorter.call(&b, guess("red")).await.expect("it answers").fruit, Fruit::Banana);
    // Another program that asks what the first predictor of the sorter asks.
    Predict::<Guess>::new().call(&a, guess("red")).await.expect("it answers");
    assert_eq!((a.usage().hits, b.usage().hits), (1, 0));
}

#[tokio::test]
async fn a_search_with_a_warm_cache_comes_to_the_same_and_pays_nothing() {
    let folder = Folder::new("search");
    let compile = || async {
        let cx = Context::new(Cached::new(dspy::lm::Lexical::new(), &folder.open()));
        let search = RandomSearch::new(right).candidates(3).max_rounds(2).seed(5);
        let splits = splits();
        search.compile(&cx, Sorter::new(), &splits).await.expect("it runs")
    };
    let (cold, warm) = (compile().await, compile().await);
    assert_eq!((cold.usage.hits, warm.usage.paid().calls), (0, 0));
    assert_eq!((cold.usage.calls, cold.usage.input_tokens), (warm.usage.calls, warm.usage.input_tokens));
    let state =
        |compiled: &dspy::Compiled<Sorter>| serde_json::to_string(&compiled.program.state()).expect("JSON");
    assert_eq!(state(&cold), state(&warm));
    let scores = |compiled: &dspy::Compiled<Sorter>| -> Vec<_> {
        compiled
            .candidates
            .iter()
            .map(|candidate| serde_json::to_value(candidate).expect("JSON")["score"].clone())
            .collect()
    };
    assert_eq!(scores(&cold), scores(&warm));
}

#[test]
fn the_folder_keeps_to_its_bound() {
    let folder = Folder::new("bound");
    let lm = cached(Scripted::answering(str::to_owned), &folder.open().disk_limit(64 * 4_096));
    let write = |numbers: std::ops::Range<u32>| {
        // The runtime waits for what is being written and swept.
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("a runtime");
        runtime.block_on(async {
            let asked = numbers.map(|n| {
                let lm = lm.clone();
                tokio::spawn(
                    async move { lm.model().complete(&request(&format!("number {n}"))).await.map(drop) },
                )
            });
            for call in join_all(asked).await {
                call.expect("no panic").expect("it answers");
            }
        });
    };
    let files = || {
        let folders = std::fs::read_dir(folder.0.join("replies-1")).expect("a folder");
        let folders = folders.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
        folders.map(|path| std::fs::read_dir(path).expect("a folder").count()).sum::<usize>()
    };
    write(0..500);
    // A process that another test is just starting holds our locks for a moment, and what was not swept then is swept
    // with a later entry.
    for more in 0..20 {
        if files() <= 64 + 64 / 16 + 16 {
            break;
        }
        write(500 + more * 5..505 + more * 5);
    }
    let files = files();
    assert!((40..=64 + 64 / 16 + 16).contains(&files), "{files}");
}

#[tokio::test]
async fn a_disk_that_takes_nothing_fails_no_call() {
    let folder = Folder::new("full");
    let cache = folder.open();
    std::fs::remove_dir_all(&folder.0).expect("it is ours");
    std::fs::write(&folder.0, "in the way").expect("it is ours");
    let lm = cached(counted().0, &cache);
    assert_eq!(ask(&lm, CacheUse::ReadWrite).await, "1");
    assert_eq!(ask(&lm, CacheUse::ReadWrite).await, "1", "it is in memory");
    assert_eq!((cache.stats().failed, cache.stats().memory_hits), (1, 1));
    std::fs::remove_file(&folder.0).expect("it is ours");
}
