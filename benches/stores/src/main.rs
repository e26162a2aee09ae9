//! Stores for the cache of replies, beside each other: how fast a reply is found and kept, by one process and
//! by four, and what is left after processes were killed at random.
//!
//!     cargo run --release --manifest-path benches/stores/Cargo.toml

mod store;
mod worker;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use store::{names, open};
use worker::{CHILD, check, key, value};

const ENTRIES: u64 = 2_000;
const KILLS: u32 = 200;

fn main() {
    if let Ok(task) = std::env::var(CHILD) {
        return worker::work(&task);
    }
    println!(
        "| store | hit p50, p99 | put p50, p99 | put of 4 processes p50, p99 | after {KILLS} kills | bytes |"
    );
    println!("|---|---|---|---|---|---|");
    for name in names() {
        let folder = std::env::temp_dir().join(format!("dspy-stores-{}-{name}", std::process::id()));
        println!("{}", row(name, &folder));
        let _ = std::fs::remove_dir_all(&folder);
    }
}

fn row(name: &str, folder: &Path) -> String {
    let fresh = |part: &str| {
        let folder = folder.join(part);
        std::fs::create_dir_all(&folder).expect("a folder");
        folder
    };
    let alone = fresh("alone");
    let store = open(name, &alone);
    let puts = timed(|n| store.put(&key(0, n), &value(0, n)));
    let hits = timed(|n| assert!(store.get(&key(0, n)).is_some(), "it was put"));
    drop(store);
    let contended = contended(name, &fresh("four"));
    let (missing, corrupt) = killed(name, &fresh("killed"));
    format!(
        "| {name} | {} | {} | {} | {missing} missing, {corrupt} corrupt | {} |",
        shown(hits),
        shown(puts),
        shown(contended),
        size(&alone)
    )
}

fn timed(mut each: impl FnMut(u64)) -> Vec<Duration> {
    let time = |n| {
        let begun = Instant::now();
        each(n);
        begun.elapsed()
    };
    (0..ENTRIES).map(time).collect()
}

fn shown(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() * share / 100).min(times.len() - 1)];
    format!("{:.1?}, {:.1?}", at(50), at(99))
}

fn start(name: &str, folder: &Path, writer: u64, puts: u64) -> Child {
    let program = std::env::current_exe().expect("this is a program");
    let task = format!("{name}\n{}\n{writer}\n{puts}", folder.display());
    Command::new(program).env(CHILD, task).stdout(Stdio::piped()).spawn().expect("it starts")
}

/// Four processes that put and get at once; their times of puts.
fn contended(name: &str, folder: &Path) -> Vec<Duration> {
    let children: Vec<_> = (0..4).map(|writer| start(name, folder, writer, ENTRIES / 4)).collect();
    let told = children.into_iter().flat_map(|child| {
        let output = child.wait_with_output().expect("it ran");
        assert!(output.status.success(), "{name}");
        let lines = String::from_utf8(output.stdout).expect("text");
        lines.lines().filter_map(|line| line.split(' ').nth(1)?.parse().ok()).collect::<Vec<u64>>()
    });
    told.map(Duration::from_nanos).collect()
}

/// Processes that put for ever, two at a time, each killed after a while; what it had told to be put and is not
/// there, and what is there and not whole.
fn killed(name: &str, folder: &Path) -> (u64, u64) {
    let mut told = Vec::new();
    let mut random = 7_u64;
    for round in 0..KILLS / 2 {
        let mut pair: Vec<_> = [2 * round, 2 * round + 1]
            .into_iter()
            .map(|writer| (u64::from(writer), start(name, folder, writer.into(), u64::MAX)))
            .collect();
        for (_, child) in &mut pair {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(Duration::from_micros(2_000 + (random >> 33) % 25_000));
            child.kill().expect("it runs for ever");
        }
        for (writer, child) in pair {
            let output = child.wait_with_output().expect("it was killed");
            let lines = String::from_utf8_lossy(&output.stdout).into_owned();
            // The last line may be cut off.
            let whole = lines.split_inclusive('\n').filter(|line| line.ends_with('\n'));
            told.extend(
                whole.filter_map(|line| Some((writer, line.split(' ').next()?.parse::<u64>().ok()?))),
            );
        }
    }
    let store = open(name, folder);
    let (mut missing, mut corrupt) = (0, 0);
    for (writer, n) in told {
        match store.get(&key(writer, n)) {
            None => missing += 1,
            Some(bytes) => corrupt += u64::from(!check(writer, n, &bytes)),
        }
    }
    (missing, corrupt)
}

fn size(folder: &PathBuf) -> u64 {
    let entries = std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok);
    let each = entries.map(|entry| match entry.metadata() {
        Ok(about) if about.is_dir() => size(&entry.path()),
        Ok(about) => about.len().div_ceil(4096) * 4096,
        Err(_) => 0,
    });
    each.sum()
}
