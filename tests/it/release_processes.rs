//! Processes that write to one store at once, and are killed at any point.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dspy::release::{Change, Key, Shelf};
use dspy::{Module, Store};

use crate::cache::Folder;
use crate::release::{artifact, model, sorter};
use crate::task::Sorter;

/// Makes this program one of the writers: the folder, and the number of the process.
const CHILD: &str = "DSPY_TEST_RELEASE_CHILD";
const WRITERS: u64 = 8;
const KILLS: u64 = 120;

/// Adds, promotes and rolls back for ever.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (folder, process) = task.rsplit_once(' ').expect("a task");
    let process: u64 = process.parse().expect("a number");
    let store = Store::open(folder).expect("a folder");
    for number in 0.. {
        let release = store.add(&artifact(process * 1_000_000 + number, Some("promote"))).expect("written");
        store.promote(&release).expect("its verdict says so");
        if number % 3 == process % 3 {
            store.rollback(release.key()).map(drop).unwrap_or_default();
        }
    }
}

fn start(folder: &Folder, process: u64) -> Child {
    Command::new(std::env::current_exe().expect("this is a program"))
        .args(["--exact", "release_processes::child"])
        .env(CHILD, format!("{} {process}", folder.0.display()))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Everything that a reader can ask for is whole.
fn check(store: &Store, key: &Key) {
    let before = store.history(key).expect("readable");
    let Ok(release) = store.current_release(key) else {
        // Nothing was promoted yet, nor before.
        assert!(before.iter().all(|event| event.previous.is_none()));
        return;
    };
    let text = store.artifact(&release).expect("the current one is whole").state();
    let instructions = &text.get("guess").expect("there").instructions;
    let number = instructions.trim_start_matches("Instructions ").trim_end_matches('.');
    assert_eq!(text, sorter(number.parse().expect("a number")).state(), "one writer's states");
    let history = store.history(key).expect("a reader is never refused");
    let mut shelf = Shelf::new(key.clone());
    history.iter().for_each(|event| shelf.apply(event).expect("one event leads to the next"));
}

#[test]
fn whoever_is_killed_leaves_a_whole_current_artifact_and_a_history_that_agrees() {
    let folder = Folder::new("release-processes");
    let store = Store::open(&folder.0).expect("a folder");
    let key = Key::of_program(&Sorter::new(), &model());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0_u64;
            while !over.load(Ordering::Relaxed) {
                check(&store, &key);
                reads += 1;
            }
            reads
        });
        let mut random = 11_u64;
        let mut next = || {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            random >> 33
        };
        let mut writers: Vec<Child> = (0..WRITERS).map(|process| start(&folder, process)).collect();
        for process in WRITERS..WRITERS + KILLS {
            // At any point of what they do; when exactly is no matter.
            std::thread::park_timeout(Duration::from_micros(next() % 40_000));
            let mut killed = writers.swap_remove((next() % WRITERS) as usize);
            killed.kill().expect("it runs for ever");
            killed.wait().expect("it was killed");
            writers.push(start(&folder, process));
        }
        for mut writer in writers {
            assert!(writer.try_wait().expect("ours").is_none(), "a writer failed");
            writer.kill().expect("it runs for ever");
            writer.wait().expect("it was killed");
        }
        over.store(true, Ordering::Relaxed);
        assert!(reader.join().expect("no read failed") > 10);
    });
    check(&store, &key);
    let history = store.history(&key).expect("readable");
    assert!(history.len() > 100, "{}", history.len());
    let added = history.iter().filter(|event| matches!(event.change, Change::Added { .. })).count();
    assert_eq!(store.releases(&key).expect("readable").len(), added);
    // The next writer finds nothing in its way.
    let begun = Instant::now();
    let release = store.add(&artifact(7, Some("promote"))).expect("written");
    store.promote(&release).expect("its verdict says so");
    assert_eq!(store.current::<Sorter>(&model()).expect("whole").state(), sorter(7).state());
    assert!(begun.elapsed() < Duration::from_secs(5), "the lock went with whoever held it");
    let left = std::fs::read_dir(&folder.0).expect("readable").count();
    assert_eq!(left, 2, "the lock and the program");
}
