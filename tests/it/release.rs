//! The store of artifacts: versions, promotion, rollback, and what it says when it refuses.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use dspy::artifact::Provenance;
use dspy::gate::Decision;
use dspy::lm::ModelId;
use dspy::release::{Change, Directory, Key, Release};
use dspy::{Artifact, Error, ErrorKind, Gate, Module, Store};
use serde_json::json;

use crate::cache::Folder;
use crate::task::{Sorter, always, guess, right, splits};

pub fn model() -> ModelId {
    "openai/gpt-4o-mini@2024-07-18".parse().expect("a model")
}

/// A program whose states tell which one it is.
pub fn sorter(number: u64) -> Sorter {
    let mut state = Sorter::new().state();
    for path in ["guess", "recount.predict"] {
        state.get_mut(path).expect("there").instructions = format!("Instructions {number}.");
    }
    Sorter::new().with_state(&state).expect("its own paths")
}

pub fn artifact(number: u64, decision: Option<&str>) -> Artifact {
    let mut provenance = Provenance::default();
    if let Some(decision) = decision {
        provenance.verdict = json!({"decision": decision, "candidate": 0.871, "baseline": 0.8});
    }
    Artifact::new(&sorter(number), &model()).with_provenance(provenance)
}

fn open(folder: &Folder) -> Store {
    Store::open(&folder.0).expect("a folder")
}

fn current(store: &Store) -> u64 {
    store.current_release(&key()).expect("one is current").version()
}

fn key() -> Key {
    Key::of_program(&Sorter::new(), &model())
}

fn add(store: &Store, number: u64, decision: Option<&str>) -> Release {
    store.add(&artifact(number, decision)).expect("written")
}

fn message<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    let error = outcome.expect_err("it is refused");
    assert_eq!(error.kind(), ErrorKind::Artifact);
    error.to_string()
}

/// The folder of the one key.
fn files(folder: &Folder) -> PathBuf {
    let model = folder.0.join("^sorter/openai+gpt-4o-mini@2024-07-18");
    fs::read_dir(model).expect("a folder").next().expect("one version").expect("an entry").path()
}

#[test]
fn versions_are_added_promoted_and_rolled_back() {
    let folder = Folder::new("release");
    let store = open(&folder);
    let first = add(&store, 1, Some("promote"));
    assert_eq!((first.version(), first.decision(), first.score()), (1, Some(Decision::Promote), Some(0.871)));
    assert!(first.to_string().starts_with("version 1 of `Sorter` sha256:"), "{first}");
    assert!(first.to_string().ends_with(" for openai/gpt-4o-mini@2024-07-18"), "{first}");
    store.promote(&first).expect("its verdict says so");
    let second = add(&store, 2, Some("promote"));
    assert_eq!(current(&store), 1, "adding does not promote");
    store.promote(&second).expect("its verdict says so");
    store.promote(&second).expect("it is, already");
    let third = add(&store, 3, Some("keep"));
    store.promote_anyway(&third, "the queue of refunds is broken").expect("a reason");

    let loaded = store.current::<Sorter>(&model()).expect("one is current");
    assert_eq!(loaded.state(), sorter(3).state());
    assert_eq!(store.rollback(&key()).expect("there is one").version(), 2);
    assert_eq!(store.rollback(&key()).expect("there is one").version(), 1, "further back");
    let nothing = message(store.rollback(&key()));
    assert!(nothing.starts_with("there is nothing to go back to: version 1 of `Sorter`"), "{nothing}");
    assert_eq!(store.current::<Sorter>(&model()).expect("one is current").state(), sorter(1).state());
    assert_eq!(store.artifact(&third).expect("it is kept").state(), sorter(3).state());
    assert_eq!(store.releases(&key()).expect("readable").len(), 3);

    let done: Vec<String> = store
        .history(&key())
        .expect("readable")
        .iter()
        .map(|event| format!("{} {} {} {:?}", event.sequence, event.change, event.version, event.previous))
        .collect();
    let expected = [
        "1 added 1 None",
        "2 promoted 1 None",
        "3 added 2 Some(1)",
        "4 promoted 2 Some(1)",
        "5 added 3 Some(2)",
        "6 promoted anyway 3 Some(2)",
        "7 rolled back to 2 Some(3)",
        "8 rolled back to 1 Some(2)",
    ];
    assert_eq!(done, expected);
    let line = store.history(&key()).expect("readable")[5].to_string();
    assert!(line.contains("promoted anyway version 3 (sha256:"), "{line}");
    assert!(line.ends_with("in place of version 2: the queue of refunds is broken"), "{line}");
}

#[test]
fn only_a_verdict_or_a_reason_promotes() {
    let folder = Folder::new("release-refused");
    let store = open(&folder);
    for (decision, why) in [
        (None, "no gate has judged it: give it a verdict with `judge`"),
        (Some("keep"), "its verdict is `keep`"),
        (Some("undecided"), "its verdict is `undecided`"),
    ] {
        let release = add(&store, 1, decision);
        let text = message(store.promote(&release));
        assert!(text.contains(why) && text.contains("`promote_anyway`"), "{text}");
        assert!(message(store.promote_anyway(&release, " ")).contains("say why"));
    }
    let none = message(store.current::<Sorter>(&model()));
    assert!(none.contains("it has versions 1 to 3, none current: promote one"), "{none}");
    let nothing = message(store.rollback(&key()));
    assert!(nothing.contains("no version of `Sorter`") && nothing.contains("is current"), "{nothing}");
}

#[test]
fn a_lookup_that_finds_nothing_says_what_there_is() {
    let folder = Folder::new("release-missing");
    let store = open(&folder);
    let wanted: ModelId = "openai/gpt-4o-mini@2025-01-01".parse().expect("a model");
    assert!(
        message(store.current::<Sorter>(&wanted)).contains("the store is empty: compile it for this model")
    );
    let release = add(&store, 1, Some("promote"));
    store.promote(&release).expect("its verdict says so");
    let version = Sorter::new().version();
    let text = message(store.current::<Sorter>(&wanted));
    let expected = format!(
        "there are:\n  - openai/gpt-4o-mini@2024-07-18 of program {}: version 1, current 1\n\
         compile it for this model, and add its artifact",
        &version[..19]
    );
    assert!(text.starts_with("there is no release of `Sorter`") && text.ends_with(&expected), "{text}");
    let other = Key::new("Sorter", "sha256:000000000000", model());
    let text = message(store.current_release(&other));
    assert!(
        text.ends_with("the program has changed since: compile it again, and add its artifact"),
        "{text}"
    );
    let other = Key::new("Other", "sha256:000000000000", model());
    assert!(message(store.current_release(&other)).contains("only releases of `Sorter`"));
}

#[tokio::test]
async fn a_verdict_that_comes_later_is_kept_with_the_same_states() {
    let folder = Folder::new("release-judged");
    let store = open(&folder);
    let release = add(&store, 1, None);
    let cx = dspy::Context::new(always("apple"));
    let verdict = Gate::new(right)
        .compare(&cx, &Sorter::new(), &sorter(1), &splits().test)
        .await
        .expect("there are rows");
    let judged = store.judge(&release, &verdict).expect("written");
    assert_eq!((judged.version(), judged.decision()), (1, Some(verdict.decision)));
    assert_ne!(judged.content(), release.content());
    store.promote_anyway(&judged, "a test").expect("a reason");
    let artifact = store.current::<Sorter>(&model()).expect("one is current");
    assert_eq!(artifact.state(), sorter(1).state());
    assert_eq!(artifact.provenance().scores["compiled on test"], verdict.candidate);
    assert_eq!(artifact.provenance().data["test"].rows, verdict.rows);
    let history = store.history(&key()).expect("readable");
    assert!(matches!(history[1].change, Change::Judged { revision: 1, .. }));
    assert_eq!(store.artifact(&release).expect("it is kept, too").provenance().scores.len(), 0);
}

#[test]
fn the_matrix_shows_what_is_released_where() {
    let folder = Folder::new("release-matrix");
    let store = open(&folder);
    let release = add(&store, 1, Some("promote"));
    store.promote(&release).expect("its verdict says so");
    let other: ModelId = "vllm/Qwen/Qwen3:4b".parse().expect("a model");
    store.add(&Artifact::new(&sorter(2), &other)).expect("written");
    store.add(&Artifact::new(&dspy::Predict::<crate::task::Guess>::new(), &other)).expect("written");
    let matrix = store.matrix().expect("readable");
    let lines: Vec<String> = matrix.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 3, "{matrix}");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&lines[0]), ["openai/gpt-4o-mini@2024-07-18", "vllm/Qwen/Qwen3:4b"]);
    assert_eq!(words(&lines[1])[2..], ["-", "none", "of", "1"]);
    assert_eq!(words(&lines[2])[2..], ["v1", "0.871", "promote", "none", "of", "1"]);
    assert_eq!(matrix.cells().len(), 3);
    assert_eq!(matrix.get(&key()).and_then(|cell| cell.current.as_ref()).map(|kept| kept.version), Some(1));
}

#[test]
fn a_damaged_file_is_named_and_rollback_helps() {
    let folder = Folder::new("release-damaged");
    let store = open(&folder);
    for number in 1..=2 {
        let release = add(&store, number, Some("promote"));
        store.promote(&release).expect("its verdict says so");
    }
    let files = files(&folder);
    let second = fs::read_to_string(files.join("0002.json")).expect("readable");
    for damage in
        [second.replace("Instructions 2", "Instructions 9"), second[..200].to_owned(), String::new()]
    {
        fs::write(files.join("0002.json"), damage).expect("written");
        let text = message(store.current::<Sorter>(&model()));
        assert!(text.starts_with("version 2 of `Sorter`") && text.contains("`rollback`"), "{text}");
    }
    // A whole artifact, but not that of this version.
    fs::copy(files.join("0001.json"), files.join("0002.json")).expect("copied");
    assert!(
        message(store.current::<Sorter>(&model())).contains("another artifact than the one that was added")
    );
    assert_eq!(store.rollback(&key()).expect("it is whole").version(), 1);
    assert_eq!(store.current::<Sorter>(&model()).expect("it is whole").state(), sorter(1).state());
    assert!(message(store.promote(&store.releases(&key()).expect("readable")[1])).contains("is damaged"));
}

#[test]
fn what_a_killed_writer_leaves_is_mended_by_the_next() {
    let folder = Folder::new("release-mended");
    let store = open(&folder);
    let release = add(&store, 1, Some("promote"));
    store.promote(&release).expect("its verdict says so");
    let (files, whole) = (files(&folder), store.history(&key()).expect("readable"));
    let history = files.join("history.jsonl");
    let text = fs::read_to_string(&history).expect("readable");
    let first = text.find('\n').expect("a line") + 1;
    // Cut at every place in the last line, where a power cut may have left it.
    for end in first..text.len() {
        fs::write(&history, &text[..end]).expect("written");
        assert_eq!(store.history(&key()).expect("the last event is in the state"), whole);
    }
    fs::write(&history, &text[..first + 10]).expect("written");
    fs::write(files.join("0002.json.new"), "half").expect("written");
    add(&store, 2, None);
    let mended = fs::read_to_string(&history).expect("readable");
    assert!(mended.starts_with(&text) && mended.lines().count() == 3, "{mended}");
    assert!(!files.join("0002.json.new").exists(), "left over");

    fs::write(&history, &text[..first]).expect("written");
    let text = message(store.add(&artifact(3, None)));
    assert!(text.contains("ends with event 1, and the last one was 3: restore the file"), "{text}");
    fs::write(&history, mended.replacen("\"sequence\":2", "\"sequence\":7", 1)).expect("written");
    assert!(message(store.history(&key())).contains("line 2: this is event 7"));
}

#[test]
fn the_state_follows_from_the_history_when_it_is_lost() {
    let folder = Folder::new("release-rebuilt");
    let store = open(&folder);
    for number in 1..=3 {
        let release = add(&store, number, Some("promote"));
        store.promote(&release).expect("its verdict says so");
    }
    store.rollback(&key()).expect("there is one");
    let state = files(&folder).join("current.json");
    let text = fs::read_to_string(&state).expect("readable");
    for damage in ["", "{}", &text[..100], &text.replacen("\"current\": 2", "\"current\": 3", 1)] {
        fs::write(&state, damage).expect("written");
        let text = message(store.current::<Sorter>(&model()));
        assert!(text.contains("current.json` ") && text.contains("it follows from the history"), "{text}");
    }
    fs::remove_file(&state).expect("removed");
    assert_eq!(current(&store), 2);
    assert_eq!(store.rollback(&key()).expect("there is one").version(), 1);
    assert_eq!(fs::read_to_string(&state).expect("made anew").matches("\"version\"").count(), 4);
}

#[test]
fn whoever_waits_for_the_lock_learns_who_has_it() {
    let folder = Folder::new("release-locked");
    let store =
        Store::new(Directory::open(&folder.0).expect("a folder").lock_timeout(Duration::from_millis(30)));
    let release = add(&store, 1, Some("promote"));
    let lock = fs::File::open(folder.0.join("lock")).expect("it is there");
    lock.lock().expect("nobody has it");
    let error = store.promote(&release).expect_err("it is held");
    assert_eq!(error.kind(), ErrorKind::Io);
    let expected = format!("is locked by process {}, and was for 0.0 s", std::process::id());
    assert!(error.to_string().contains(&expected), "{error}");
    assert_eq!(store.releases(&key()).expect("readers wait for nobody").len(), 1);
    lock.unlock().expect("it was ours");
    store.promote(&release).expect("nobody has it");
}

#[test]
fn an_artifact_of_an_earlier_library_says_no_version_and_is_not_added() {
    let folder = Folder::new("release-earlier");
    // Written before artifacts recorded the version of their program.
    let text = include_str!("before-versions.json");
    let earlier = Artifact::parse(text).expect("it loads");
    assert_eq!(earlier.program_version(), "");
    assert!(message(open(&folder).add(&earlier)).contains("make it anew with `Artifact::new`"));
}

#[tokio::test]
async fn what_production_loads_is_what_was_promoted() {
    let folder = Folder::new("release-loaded");
    let store = open(&folder);
    let cx = dspy::Context::new(always("banana").named(model()));
    let release = add(&store, 4, Some("promote"));
    store.promote(&release).expect("its verdict says so");
    let program = store.current::<Sorter>(cx.lm().id()).and_then(|found| found.apply(Sorter::new(), &cx));
    let program = program.expect("it fits");
    program.call(&cx, guess("long")).await.expect("it runs");
    assert!(cx.history(1).to_string().contains("Instructions 4."), "{}", cx.history(1));
}
