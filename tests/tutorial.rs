//! The guide's tutorial, followed to the letter: its program, its commands, and what they print.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

// The program of the page, which `build.rs` takes out of it.
mod program {
    include!(concat!(env!("OUT_DIR"), "/tutorial.rs"));
}

/// Makes this program that of the tutorial.
const CHILD: &str = "DSPY_TEST_TUTORIAL";
/// The commands of the page all begin with this.
const RUN: &str = "cargo run -q -- ";

fn main() -> std::process::ExitCode {
    if env::var_os(CHILD).is_some() {
        return program::main();
    }
    let name = "the_tutorial_says_what_happens";
    if env::args().any(|argument| argument == "--list") {
        println!("{name}: test");
        return std::process::ExitCode::SUCCESS;
    }
    let filters: Vec<_> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if filters.is_empty() || filters.iter().any(|filter| name.contains(filter.as_str())) {
        let folder = Folder::new();
        follow(&folder.0);
        println!("test {name} ... ok");
    }
    std::process::ExitCode::SUCCESS
}

/// A folder that is gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = env::temp_dir().join(format!("dspy-tutorial-{}", std::process::id()));
        fs::create_dir_all(path.join("data")).expect("a folder");
        let rows = docs().join("data/messages.jsonl");
        fs::copy(rows, path.join("data/messages.jsonl")).expect("the rows");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("docs")
}

/// Does what the page says, and compares what comes of it.
fn follow(folder: &Path) {
    let page = fs::read_to_string(docs().join("src/tutorial.md")).expect("the page");
    let mut commands = 0;
    for block in page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let (command, expected) = block.split_once('\n').unwrap_or((block, ""));
        let Some((before, arguments)) = command.split_once(RUN) else { continue };
        // The last of them is for a real model.
        if block.contains("DSPY_MODEL=") {
            continue;
        }
        commands += 1;
        let arguments = words(arguments);
        if arguments.iter().any(|argument| argument == "serve") {
            let (variable, value) = before.trim_start_matches("$ ").trim().split_once('=').expect("a token");
            serve(folder, &arguments, (variable, value), expected, &page);
            continue;
        }
        let Output { stdout, stderr, status } = child(folder, &arguments).output().expect("it runs");
        let told = String::from_utf8_lossy(&stdout) + String::from_utf8_lossy(&stderr);
        let says_five = arguments.first().is_some_and(|command| command == "compile");
        assert_eq!(status.code(), Some(if says_five { 5 } else { 0 }), "{arguments:?}: {told}");
        assert_told(&told, expected, &arguments);
    }
    assert!(commands >= 9, "the commands of the page were not found");
}

/// Every line of the page is a line of what was printed; `…` stands for anything.
fn assert_told(told: &str, expected: &str, arguments: &[String]) {
    for line in expected.lines().filter(|line| !matches!(line.trim(), "" | "…")) {
        let parts: Vec<_> = line.trim_end().split('…').collect();
        let is_told = told.lines().any(|told| {
            let mut rest = told;
            parts.iter().all(|part| match rest.find(part) {
                Some(place) => {
                    rest = rest.get(place + part.len()..).unwrap_or_default();
                    true
                }
                None => false,
            })
        });
        assert!(is_told, "{arguments:?} does not say\n{line}\nbut\n{told}");
    }
}

fn child(folder: &Path, arguments: &[String]) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program"));
    command.args(arguments).current_dir(folder).env(CHILD, "1").env_remove("DSPY_MODEL");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the service at a free port, and asks it what the page asks.
fn serve(folder: &Path, arguments: &[String], token: (&str, &str), expected: &str, page: &str) {
    let mut arguments = arguments.to_vec();
    arguments.extend(["--address".to_owned(), "127.0.0.1:0".to_owned()]);
    let mut server = child(folder, &arguments).env(token.0, token.1).spawn().expect("it starts");
    let mut told = BufReader::new(server.stderr.take().expect("its words")).lines().map_while(Result::ok);
    let line = told.by_ref().find(|line| line.contains("http://"));
    let line = line.expect("it says where it is");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split(',').next()).expect("an address");
    assert_told(&line.replace(address, "127.0.0.1:8080"), expected, &arguments);
    let asked = page.split("-d '").nth(1).and_then(|rest| rest.split('\'').next()).expect("what is asked");
    let answer = post(address, asked, token.1);
    let wanted = page.split("-d '").nth(1).and_then(|rest| rest.lines().nth(1)).expect("what is answered");
    server.kill().and_then(|()| server.wait()).expect("it ends");
    assert_told(&answer, wanted, &arguments);
}

/// One request over HTTP, and the body of its answer.
fn post(address: &str, body: &str, token: &str) -> String {
    use std::io::Write;
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "POST /run HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer.split("\r\n\r\n").nth(1).unwrap_or_default().to_owned()
}

/// Splits a command as a shell does, as far as single quotes go.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for c in command.trim().chars() {
        match c {
            '\'' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => words.last_mut().expect("one").push(c),
        }
    }
    words
}
