//! A repairer in a process of its own, since one that never ends cannot be stopped otherwise.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a repairer may take for one reply.
const LIMIT: Duration = Duration::from_secs(2);

/// In the child: repairs what comes, called as the repairer's documentation says.
pub fn run(name: &str) {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("text");
    let value = match name {
        "jsonrepair" => jsonrepair::loads(&text, &jsonrepair::Options::default()).ok(),
        _ => llm_json::loads(&text, &llm_json::RepairOptions::default()).ok(),
    };
    match value {
        Some(value) => print!("{value}"),
        None => std::process::exit(1),
    }
}

/// The repairer's value; nothing where it gives none in time.
pub fn call(name: &str, text: &str) -> Option<Value> {
    let this = std::env::current_exe().expect("a program");
    let mut child = Command::new(this)
        .arg(name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("a process");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).ok();
    let mut out = child.stdout.take().expect("piped");
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).ok();
        text
    });
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait().expect("a process") {
            Some(status) => break status.success(),
            None if begun.elapsed() > LIMIT => {
                eprintln!("{name} does not end: {text:?}");
                child.kill().ok();
                child.wait().ok();
                break false;
            }
            None => std::thread::sleep(Duration::from_micros(200)),
        }
    };
    let text = reading.join().expect("no panic");
    if ended { serde_json::from_str(&text).ok() } else { None }
}
