//! Processes that use one cache at once, one of them killed again and again.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use dspy::cache::{Cache, Cached};
use dspy::lm::{LanguageModel, Message, Request, Response, Scripted};
use dspy::{Error, ErrorKind};

use crate::cache::Folder;

/// Makes this program one of the processes: the folder, and the number of the process.
const CHILD: &str = "DSPY_TEST_CACHE_CHILD";
const KILLS: u64 = 200;

/// What the model replies, which follows from what is asked.
fn reply(text: &str) -> String {
    text.repeat(1 + text.len() * 7 % 60)
}

fn request(text: &str) -> Request {
    Request::from(vec![Message::user(text)])
}

/// Asks for ever: something new, which it then tells to be kept, and something that others ask as well.
#[tokio::test]
async fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (folder, process) = task.rsplit_once(' ').expect("a task");
    // Nothing in memory, so that each read is one of the disk.
    let cache = Cache::open(folder).expect("a folder").memory_limit(0);
    let lm = Cached::new(Scripted::answering(reply), &cache);
    // The test harness may have begun a line.
    tell("");
    for number in 0.. {
        let (own, common) = (format!("{process} asks {number}"), format!("all ask {}", number % 20));
        lm.complete(&request(&own)).await.expect("it answers");
        tell(&format!("kept {own}"));
        for text in [common, format!("{process} asks {}", number / 2)] {
            let read = lm.complete(&request(&text)).await.expect("it answers").text;
            if read != reply(&text) {
                tell(&format!("corrupt {text}"));
            }
        }
    }
}

/// Writes a line at once, so that it is told whole or not at all. Not `println`, which tests capture.
fn tell(line: &str) {
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).expect("somebody listens");
}

fn start(folder: &Folder, process: u64) -> Child {
    Command::new(std::env::current_exe().expect("this is a program"))
        .args(["--exact", "cache_processes::child", "--nocapture"])
        .env(CHILD, format!("{} {process}", folder.0.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Kills a process once it has told so many lines, and gives back what it told.
fn killed_after(mut child: Child, lines: usize) -> Vec<String> {
    let mut told = BufReader::new(child.stdout.take().expect("it is piped")).split(b'\n');
    let first: Vec<_> = told.by_ref().take(lines).collect();
    child.kill().expect("it runs for ever");
    let told = first
        .into_iter()
        .chain(told)
        .map(|line| String::from_utf8_lossy(&line.expect("it reads")).into_owned());
    let told = told.collect();
    child.wait().expect("it was killed");
    told
}

#[tokio::test]
async fn no_read_is_corrupt_and_nothing_that_was_kept_is_lost() {
    let folder = Folder::new("processes");
    // One process goes on all the time. Whoever reads what it tells keeps it from standing still.
    let mut steady = start(&folder, 0);
    let out = BufReader::new(steady.stdout.take().expect("it is piped"));
    let listener = std::thread::spawn(move || out.lines().map_while(Result::ok).collect::<Vec<_>>());
    let mut random = 11_u64;
    let mut told = Vec::new();
    for process in 1..=KILLS {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        told.extend(killed_after(start(&folder, process), (random >> 33) as usize % 30));
    }
    steady.kill().expect("it runs for ever");
    steady.wait().expect("it was killed");
    told.extend(listener.join().expect("no panic"));

    assert!(!told.iter().any(|line| line.starts_with("corrupt")), "a corrupt read");
    let kept: Vec<&str> = told.iter().filter_map(|line| line.strip_prefix("kept ")).collect();
    assert!(kept.len() > 1_000, "{}", kept.len());
    let cache = Cache::open(&folder.0).expect("a folder");
    let lm = Cached::new(
        Scripted::new(|_, _| -> dspy::Result<Response> { Err(Error::new(ErrorKind::Server, "lost")) }),
        &cache,
    );
    for text in kept {
        assert_eq!(lm.complete(&request(text)).await.expect(text).text, reply(text));
    }
}
