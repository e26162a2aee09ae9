//! Exchanges that are recorded and played back.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::lm::{Cassette, JsonSupport, LanguageModel, ModelId, Response, Scripted};
use dspy::{Context, Error, ErrorKind, Lm, Predict, RandomSearch};

use crate::file::File;
use crate::task::{Guess, Sorter, guess, right, rows};

/// Replies with the number of its call; every fourth fails.
fn model() -> (Lm, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let model = Scripted::new(move |call, _| {
        counted.fetch_add(1, Ordering::Relaxed);
        match call % 4 {
            3 => Err(Error::new(ErrorKind::ContentFilter, "withheld")),
            n => Ok(Response::new(format!("[[ ## fruit ## ]]\n{}", ["apple", "banana", "cherry"][n]))
                .with_tokens(9, 2)),
        }
    });
    (Lm::from(model.named(ModelId::new("test", "model"))), calls)
}

async fn fruit(cx: &Context, looks: &str) -> String {
    match Predict::<Guess>::new().call(cx, guess(looks)).await {
        Ok(reply) => format!("{:?} {}", reply.fruit, reply.usage()),
        Err(error) => format!("{:?} {error}", error.kind()),
    }
}

#[tokio::test]
async fn what_was_recorded_is_played_back_in_turn() {
    let file = File::new("cassette.jsonl");
    let looks = ["red", "long", "red", "small", "red"];
    let (lm, calls) = model();
    let cx = Context::new(Cassette::record(&file.0, lm).expect("it is ours"));
    let mut recorded = Vec::new();
    for looks in looks {
        recorded.push(fruit(&cx, looks).await);
    }
    assert_eq!(calls.load(Ordering::Relaxed), 5);
    assert_eq!(recorded[3], "ContentFilter self: withheld");

    let cassette = Cassette::replay(&file.0).expect("it was written");
    assert_eq!((cassette.id().to_string().as_str(), cassette.unplayed()), ("test/model", 5));
    let cx = Context::new(cassette.clone());
    for (looks, recorded) in looks.iter().zip(&recorded) {
        assert_eq!(fruit(&cx, looks).await, *recorded);
    }
    assert_eq!(cassette.unplayed(), 0);
    assert_eq!(fruit(&cx, "red").await, recorded[4], "the last one stays");
    let text = fs::read_to_string(&file.0).expect("it is there");
    assert_eq!(text.lines().count(), 6);
}

#[tokio::test]
async fn a_request_that_is_not_there_is_told_without_its_text() {
    let file = File::new("cassette-missing.jsonl");
    let cx = Context::new(Cassette::record(&file.0, model().0).expect("it is ours"));
    fruit(&cx, "red").await;
    fruit(&cx, "long and secret").await;
    let cx = Context::new(Cassette::replay(&file.0).expect("it was written"));
    let error = fruit(&cx, "long and hidden").await;
    assert!(error.contains("line 3 is the nearest") && error.contains("message 2 differs first"), "{error}");
    assert!(!error.contains("hidden") && !error.contains("secret"), "{error}");
    let error = fruit(&cx.with_temperature(0.3), "red").await;
    assert!(error.contains("and its sampling differs"), "{error}");
}

#[tokio::test]
async fn from_the_first_difference_on_the_model_is_asked() {
    let file = File::new("cassette-on.jsonl");
    let (lm, calls) = model();
    let cx = Context::new(Cassette::replay_or(&file.0, lm).expect("it is made"));
    let first = [fruit(&cx, "red").await, fruit(&cx, "long").await];
    assert_eq!(calls.load(Ordering::Relaxed), 2);

    let (lm, calls) = model();
    let cx = Context::new(Cassette::replay_or(&file.0, lm).expect("it is there"));
    assert_eq!([fruit(&cx, "red").await, fruit(&cx, "long").await], first);
    fruit(&cx, "small").await;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(Cassette::replay(&file.0).expect("it is there").unplayed(), 3, "it was added");

    let other = Scripted::replies(["so"]).named(ModelId::new("test", "other"));
    let error = Cassette::replay_or(&file.0, other).expect_err("it is of another model").to_string();
    assert!(error.contains("is a cassette of test/model, not of test/other"), "{error}");
}

#[tokio::test]
async fn what_is_redacted_is_in_no_file_and_is_found_again() {
    let file = File::new("cassette-redacted.jsonl");
    let redact = |text: &str| text.replace("Ada", "NAME");
    let model = Scripted::new(|_, _| Ok(Response::new("[[ ## fruit ## ]]\napple\n(for Ada)")));
    let cx = Context::new(Cassette::record(&file.0, model).expect("it is ours").redact(redact));
    fruit(&cx, "Ada's red one").await;
    let text = fs::read_to_string(&file.0).expect("it was written");
    assert!(text.contains("NAME's red one") && !text.contains("Ada"), "{text}");
    let cx = Context::new(Cassette::replay(&file.0).expect("it was written").redact(redact));
    assert!(fruit(&cx, "Ada's red one").await.starts_with("Apple"));
}

/// A model that keeps a key.
#[derive(Debug)]
struct Keyed(ModelId);

impl LanguageModel for Keyed {
    fn id(&self) -> &ModelId {
        &self.0
    }

    fn complete<'a>(
        &'a self,
        _: &'a dspy::lm::Request,
    ) -> futures_util::future::BoxFuture<'a, dspy::Result<Response>> {
        Box::pin(async { Ok(Response::new("[[ ## fruit ## ]]\napple\nsk-key-key")) })
    }

    fn json_support(&self) -> JsonSupport {
        JsonSupport::Object
    }

    fn is_secret_in(&self, text: &str) -> bool {
        text.contains("sk-key-key")
    }
}

#[tokio::test]
async fn no_key_is_ever_recorded() {
    let file = File::new("cassette-key.jsonl");
    let cassette = Cassette::record(&file.0, Keyed(ModelId::new("test", "keyed"))).expect("it is ours");
    let error = fruit(&Context::new(cassette), "red").await;
    assert!(error.contains("a key of the model is in the exchange"), "{error}");
    assert!(!fs::read_to_string(&file.0).expect("it is there").contains("sk-key"));
    assert_eq!(Cassette::replay(&file.0).expect("it is there").json_support(), JsonSupport::Object);
}

#[tokio::test]
async fn a_broken_file_is_told_by_its_line() {
    let file = File::new("cassette-broken.jsonl");
    let cx = Context::new(Cassette::record(&file.0, model().0).expect("it is ours"));
    fruit(&cx, "red").await;
    let text = fs::read_to_string(&file.0).expect("it was written");
    for (broken, wants) in [
        (String::new(), "line 1: it is empty"),
        (text.replacen("\"cassette\":1", "\"cassette\":2", 1), "line 1: format 2 is not 1"),
        (text[..text.len() / 2 + 200].to_owned(), "line 2: "),
        (text.replacen("\"reply\"", "\"answer\"", 1), "line 2: "),
    ] {
        fs::write(&file.0, broken).expect("it is ours");
        let error = Cassette::replay(&file.0).expect_err("it is broken").to_string();
        assert!(error.contains(wants), "{error}");
    }
}

#[tokio::test]
async fn a_search_is_played_back_at_any_concurrency() {
    let file = File::new("cassette-search.jsonl");
    let search = async |cx: Context, at_once| {
        let optimizer = RandomSearch::new(right).candidates(3).seed(2).concurrency(at_once);
        let compiled =
            optimizer.compile(&cx, Sorter::new(), (&rows(0, 8), &rows(8, 8))).await.expect("it runs");
        serde_json::to_string(&compiled.candidates).expect("JSON")
    };
    let recorded =
        search(Context::new(Cassette::record(&file.0, dspy::lm::Lexical::new()).expect("ours")), 8).await;
    for at_once in [1, 16] {
        let cassette = Cassette::replay(&file.0).expect("it was written");
        assert_eq!(search(Context::new(cassette.clone()), at_once).await, recorded);
        assert_eq!(cassette.unplayed(), 0);
    }
}

/// Runs this test alone in a process of its own, with `DSPY_OFFLINE` set.
#[test]
fn offline_nothing_is_sent() {
    const INSIDE: &str = "DSPY_TEST_OFFLINE_INSIDE";
    if std::env::var_os(INSIDE).is_none() {
        let test = std::env::current_exe().expect("it runs");
        let name = "cassette::offline_nothing_is_sent";
        let run =
            Command::new(test).args([name, "--exact"]).env(INSIDE, "1").env("DSPY_OFFLINE", "1").output();
        let run = run.expect("it starts");
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it starts");
    runtime.block_on(async {
        let lm =
            dspy::lm::OpenAi::at(ModelId::new("openai", "m"), "https://llm.invalid/v1").expect("an address");
        let error = fruit(&Context::new(lm), "red").await;
        assert!(
            error.contains("NotConfigured")
                && error.contains("DSPY_OFFLINE is set, so nothing is sent to llm.invalid"),
            "{error}"
        );
    });
}
