//! Replies that are paid for once: a cache in a folder, seen by calls, by a budget and by a second run.
//!
//! ```console
//! $ cargo run --example caching
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dspy::cache::{Cache, Cached};
use dspy::lm::{CacheUse, LanguageModel, Lexical, ModelId, Request, Response};
use dspy::{Budget, Context, Predict, Result, signature};
use futures_util::future::BoxFuture;

/// Quote the sentence that answers the question.
#[signature]
struct Find {
    #[input]
    text: String,
    #[input]
    question: String,
    /// One sentence of the text, word for word.
    #[output]
    sentence: String,
}

/// The built-in model, which counts how often it is asked.
#[derive(Debug, Default)]
struct Counting(Lexical, AtomicUsize);

impl LanguageModel for Counting {
    fn id(&self) -> &ModelId {
        self.0.id()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        let before = self.1.fetch_add(1, Ordering::Relaxed);
        println!("  (the model is asked, call {})", before + 1);
        self.0.complete(request)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("dspy-example-caching-{}", std::process::id()));
    let outcome = show(&folder).await;
    std::fs::remove_dir_all(&folder)?;
    outcome
}

async fn show(folder: &std::path::Path) -> Result<()> {
    let input = || FindInput {
        text: "The shop opens at nine. Parking is behind the house. Dogs may come in.".into(),
        question: "Where is parking?".into(),
    };
    let find = Predict::<Find>::new();

    println!("two equal calls at the same time");
    let cache = Cache::open(folder)?.time_to_live(Duration::from_secs(24 * 3_600));
    let cx = Context::new(Cached::new(Counting::default(), &cache)).with_budget(Budget::calls(2));
    for reply in find.batch(&cx, [input(), input()]).await {
        let reply = reply?;
        println!("  {} ({}, {} from the cache)", reply.sentence, reply.usage(), reply.usage().hits);
    }

    println!("another model object over the same folder, as in the next process");
    let cache = Cache::open(folder)?;
    let later = Context::new(Cached::new(Counting::default(), &cache));
    let reply = find.call(&later, input()).await?;
    println!("  {} ({} from the cache)", reply.sentence, reply.usage().hits);

    println!("asked anew, since this call says so");
    find.call(&later.with_cache(CacheUse::Refresh), input()).await?;

    println!("a hit charges no budget: of two calls one was left, and ten more are answered");
    for _ in 0..10 {
        find.call(&cx, input()).await?;
    }
    println!("{}", cache.stats());
    Ok(())
}
