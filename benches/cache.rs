//! What the cache costs: a call that it answers, from memory and from disk, and one whose reply it keeps.
//!
//!     cargo bench --bench cache

use std::time::{Duration, Instant};

use dspy::Lm;
use dspy::cache::{Cache, Cached};
use dspy::lm::{CacheUse, Message, Request, Response, Scripted};

const CALLS: usize = 5_000;

fn main() {
    let folder = std::env::temp_dir().join(format!("dspy-bench-cache-{}", std::process::id()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let open = || Cache::open(&folder).expect("a folder");
        let (bare, memory) = (Lm::from(model()), Lm::from(Cached::new(model(), &open())));
        let disk = Lm::from(Cached::new(model(), &open().memory_limit(0)));
        println!("| call | p50 | p99 |\n|---|---|---|");
        row("of a model that replies at once", &bare, CacheUse::Off).await;
        row("whose reply is kept, in memory and on disk", &memory, CacheUse::Refresh).await;
        row("answered from memory", &memory, CacheUse::ReadWrite).await;
        row("answered from disk", &disk, CacheUse::ReadWrite).await;
    });
    std::fs::remove_dir_all(&folder).expect("it is ours");
}

fn model() -> Scripted {
    Scripted::new(|_, _| Ok(Response::new("A sentence of a reply. ".repeat(40)).with_tokens(500, 200)))
}

/// A prompt of about 2 KB.
fn request(number: usize) -> Request {
    let system = "What the model is to do, at some length. ".repeat(45);
    Request::from(vec![Message::system(system), Message::user(format!("number {number}"))])
}

async fn row(what: &str, lm: &Lm, cache: CacheUse) {
    let mut times = Vec::with_capacity(CALLS);
    for number in 0..CALLS {
        let mut request = request(number);
        request.cache = cache;
        let begun = Instant::now();
        lm.model().complete(&request).await.expect("it answers");
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| -> Duration { times[CALLS * share / 100] };
    println!("| {what} | {:.1?} | {:.1?} |", at(50), at(99));
}
