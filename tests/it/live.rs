//! A program that is replaced while it serves.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use dspy::lm::{ModelId, Request, Response, Scripted};
use dspy::release::{Drift, DriftState, Key, Live};
use dspy::{Artifact, Context, Error, ErrorKind, Module, Predict, Result, Store, module, signature};

use crate::cache::Folder;
use crate::release::model;

/// Say what you are told.
#[signature]
pub struct Echo {
    #[input]
    text: String,
    /// The instructions.
    #[output]
    seen: String,
}

/// Asks twice, so that a call has a beginning and an end between which much may happen.
#[module]
#[derive(Debug)]
pub struct Twice {
    first: Predict<Echo>,
    second: Predict<Echo>,
}

#[module]
impl Twice {
    async fn forward(&self, cx: &Context, input: EchoInput) -> Result<EchoOutput> {
        let first = self.first.call(cx, input.clone()).await?;
        tokio::task::yield_now().await;
        let second = self.second.call(cx, input).await?;
        Ok(EchoOutput { seen: format!("{} {}", first.seen, second.seen) })
    }
}

/// A model that repeats the number in the instructions.
fn parrot() -> Context {
    let model_id = model();
    let lm = Scripted::new(|_, request: &Request| {
        let text: String = request.messages.iter().map(|message| message.text()).collect();
        let number: String =
            text.split("Number ").nth(1).unwrap_or("?").chars().take_while(char::is_ascii_digit).collect();
        Ok(Response::new(format!("[[ ## seen ## ]]\n{number}")))
    });
    Context::new(lm.named(model_id))
}

fn artifact(number: u64) -> Artifact {
    let mut state = Twice::new().state();
    for path in ["first", "second"] {
        state.get_mut(path).expect("there").instructions = format!("Number {number}.");
    }
    Artifact::new(&Twice::new().with_state(&state).expect("its own paths"), &model())
}

fn promote(store: &Store, number: u64) {
    let release = store.add(&artifact(number)).expect("written");
    store.promote_anyway(&release, "a test").expect("a reason");
}

fn input() -> EchoInput {
    EchoInput { text: "?".to_owned() }
}

async fn seen(live: &Live<Twice>, cx: &Context) -> String {
    live.call(cx, input()).await.expect("it runs").seen.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_reply_under_load_is_of_exactly_one_version() {
    const VERSIONS: u64 = 60;
    let folder = Folder::new("live-load");
    let store = Store::open(&folder.0).expect("a folder");
    promote(&store, 1);
    let cx = parrot();
    let live = Live::<Twice>::open(&store, &cx).expect("it fits");
    let over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (live, cx, over) = (live.clone(), cx.clone(), over.clone());
            tokio::spawn(async move {
                let mut replies = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    replies.push(seen(&live, &cx).await);
                    tokio::task::yield_now().await;
                }
                replies
            })
        })
        .collect();
    let promoted = tokio::task::spawn_blocking({
        let (live, over) = (live.clone(), over.clone());
        move || {
            for number in 2..=VERSIONS {
                promote(&store, number);
                assert!(live.refresh().expect("it fits"), "another one is current");
                assert!(!live.refresh().expect("it fits"), "the same one is");
            }
            over.store(true, Ordering::Relaxed);
        }
    });
    promoted.await.expect("no panic");
    let mut versions = BTreeSet::new();
    for caller in callers {
        let replies: Vec<u64> = caller
            .await
            .expect("no call failed")
            .iter()
            .map(|reply| {
                let (first, second) = reply.split_once(' ').expect("two");
                assert_eq!(first, second, "one version from the first step to the last");
                first.parse().expect("a number")
            })
            .collect();
        assert!(replies.is_sorted(), "no version comes back");
        versions.extend(replies);
    }
    assert!(
        versions.len() > 5 && versions.iter().all(|version| (1..=VERSIONS).contains(version)),
        "{versions:?}"
    );
    assert_eq!(seen(&live, &cx).await, "60 60");
}

#[tokio::test]
async fn a_program_may_run_as_declared_until_there_is_a_release() {
    let folder = Folder::new("live-declared");
    let (store, cx) = (Store::open(&folder.0).expect("made"), parrot());
    assert!(Live::<Twice>::open(&store, &cx).is_err(), "nothing is released");
    let live = Live::or_declared(Twice::new(), &store, &cx).expect("it needs none");
    assert!(!live.refresh().expect("nothing is wrong") && live.get().release().is_none());
    promote(&store, 1);
    assert!(live.refresh().expect("it loads"));
    assert_eq!(seen(&live, &cx).await, "1 1");
}

#[tokio::test]
async fn what_does_not_load_leaves_the_old_one_and_is_told() {
    let folder = Folder::new("live-broken");
    let store = Store::open(&folder.0).expect("a folder");
    let cx = parrot();
    let none = Live::<Twice>::open(&store, &cx).expect_err("there is none");
    assert!(none.to_string().contains("the store is empty"), "{none}");
    promote(&store, 1);
    let live = Live::<Twice>::open(&store, &cx).expect("it fits");
    promote(&store, 2);
    let key = live.key().expect("it has a store").clone();
    let second = find(&folder, "0002.json");
    let whole = std::fs::read_to_string(&second).expect("readable");
    std::fs::write(&second, &whole[..100]).expect("written");
    let error = live.refresh().expect_err("it is damaged");
    assert!(error.to_string().contains("version 2 of `Twice`"), "{error}");
    assert_eq!(live.last_error().expect("told").to_string(), error.to_string());
    assert_eq!(seen(&live, &cx).await, "1 1", "the old one goes on");
    store.rollback(&key).expect("there is one");
    assert!(!live.refresh().expect("what is current is what it has"));
    assert!(live.last_error().is_none());

    let other = Context::new(Scripted::replies([""]).named(ModelId::new("other", "model")));
    let error = live.call(&other, input()).await.expect_err("another model");
    assert!(error.to_string().ends_with("cannot be called with the model other/model"), "{error}");
    assert!(format!("{live:?}").contains("version 1 of `Twice`"), "{live:?}");
}

fn find(folder: &Folder, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.0.clone()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            match entry.is_dir() {
                true => folders.push(entry),
                false if entry.ends_with(name) => return entry,
                false => {}
            }
        }
    }
    panic!("no {name}");
}

/// A store that says when somebody has looked at it.
#[derive(Debug)]
struct Looked(dspy::release::Directory, mpsc::SyncSender<()>);

impl dspy::release::ArtifactStore for Looked {
    fn keys(&self) -> Result<Vec<Key>> {
        self.0.keys()
    }
    fn shelf(&self, key: &Key) -> Result<Option<dspy::release::Shelf>> {
        let _ = self.1.try_send(());
        self.0.shelf(key)
    }
    fn text(&self, key: &Key, kept: &dspy::release::VersionEntry) -> Result<String> {
        self.0.text(key, kept)
    }
    fn events(&self, key: &Key) -> Result<Vec<dspy::release::Event>> {
        self.0.events(key)
    }
    fn commit(
        &self,
        shelf: &dspy::release::Shelf,
        event: &dspy::release::Event,
        text: Option<&str>,
    ) -> Result<bool> {
        self.0.commit(shelf, event, text)
    }
}

#[test]
fn a_guard_follows_the_store_until_it_is_dropped() {
    let folder = Folder::new("live-follow");
    let store = Store::open(&folder.0).expect("a folder");
    promote(&store, 1);
    let (looked, looks) = mpsc::sync_channel(0);
    let source = Looked(dspy::release::Directory::open(&folder.0).expect("a folder"), looked);
    let live = Live::<Twice>::open(&Store::new(source), &parrot()).expect("it fits");
    assert_eq!(live.follow(Duration::ZERO).expect_err("no time").kind(), ErrorKind::NotConfigured);
    let follow = live.follow(Duration::from_millis(1)).expect("a thread");
    promote(&store, 2);
    // A look that begins after the promotion, and the next, which begins when that one is over.
    for _ in 0..3 {
        looks.recv_timeout(Duration::from_secs(20)).expect("it looks again and again");
    }
    assert_eq!(live.get().release().map(|release| release.version()), Some(2));
    drop(follow);
    // One look may be under way; then the channel's other end is gone with the thread, or nobody sends.
    let _ = looks.recv_timeout(Duration::from_millis(20));
    promote(&store, 3);
    assert!(looks.recv_timeout(Duration::from_millis(50)).is_err(), "nobody looks any more");
    assert_eq!(live.get().release().map(|release| release.version()), Some(2));
}

#[tokio::test]
async fn a_fixed_program_has_no_store() {
    let live = Live::fixed(Twice::new());
    assert!(
        live.key().is_none() && live.get().release().is_none() && !live.refresh().expect("nothing to do")
    );
    let cx = Context::new(Scripted::answering(|_| "[[ ## seen ## ]]\nit".to_owned()));
    let reply = live.call(&cx, input()).await.expect("any model");
    assert_eq!(
        reply.trace().steps().map(|step| step.path.to_string()).collect::<Vec<_>>(),
        ["first", "second"]
    );
}

#[test]
fn drift_is_watched_from_what_an_artifact_records() -> Result<(), Error> {
    let mut provenance = dspy::artifact::Provenance::default();
    let error = Drift::of(&artifact(1)).expect_err("no verdict");
    assert!(error.to_string().contains("records no verdict"), "{error}");
    provenance.verdict = serde_json::json!({
        "decision": "promote", "candidate": 0.9, "rows": 400,
        "slices": [{"name": "refund", "candidate": 0.9, "rows": 100}],
    });
    let drift = Drift::of(&artifact(1).with_provenance(provenance))?;
    assert_eq!(drift.watched().len(), 2);
    for _ in 0..40 {
        drift.observe_in("refund", false)?;
    }
    assert!(matches!(drift.state(), DriftState::Recompile { .. }), "{}", drift.state());
    Ok(())
}
