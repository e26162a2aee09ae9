//! The main example, run as a user runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::server::{Act, Server};

/// The example's program, which cargo builds with the tests.
pub fn example() -> PathBuf {
    let test = std::env::current_exe().expect("this is a program");
    let example = test.parent().and_then(Path::parent).expect("a target folder").join("examples/support");
    assert!(
        example.exists(),
        "`cargo test` builds the example; for this test alone run `cargo build --example support` first"
    );
    example
}

/// A folder in which the example runs, gone when the test is over.
pub struct Place(PathBuf);

impl Place {
    pub fn new(name: &str) -> Self {
        let folder =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("support-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("made");
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(example());
        for variable in ["DSPY_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "DSPY_OFFLINE"] {
            command.env_remove(variable);
        }
        command
            .args(line.split(' ').filter(|word| !word.is_empty()))
            .current_dir(&self.0)
            .stdin(Stdio::null());
        command
    }

    /// Runs a command line.
    pub fn run(&self, line: &str) -> Output {
        self.command(line).output().expect("the example is built")
    }

    /// Runs it for its JSON document; it must end with this code.
    pub fn json(&self, line: &str, code: i32) -> Value {
        let output = self.run(&format!("{line} --json"));
        document(&output, code)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub fn document(output: &Output, code: i32) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}\n{errors}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{errors}"))
}

/// Every file in a folder by its path in it.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push((path.clone(), fs::read(&path).expect("readable"))),
        }
    }
    found.sort();
    found
}

#[test]
fn the_whole_path_runs_offline_from_plan_to_served_request() {
    let place = Place::new("tour");
    let output = place.run("");
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(errors.contains("with builtin/lexical@1, built in"), "{errors}");
    assert!(text.contains("verdict: promote"), "{text}");
    assert!(text.contains("is released"), "{text}");
    assert!(
        text.trim_end().lines().last().is_some_and(|line| line.contains("\"queue\":\"damage\"")),
        "{text}"
    );
    assert!(files(place.path()).is_empty(), "the tour leaves nothing behind");
}

#[test]
fn the_same_seed_finds_the_same_at_any_concurrency() {
    let compiled = |concurrency: usize| {
        let place = Place::new(&format!("seed-{concurrency}"));
        let compiled = place.json(&format!("compile --seed 7 --concurrency {concurrency}"), 0);
        let gated = place.json(&format!("gate --concurrency {concurrency}"), 0);
        let artifacts: Vec<_> = files(&place.path().join("artifacts"))
            .into_iter()
            .map(|(path, bytes)| (path.strip_prefix(place.path()).expect("inside").to_owned(), bytes))
            // The history has times in it.
            .filter(|(path, bytes)| {
                path.extension().is_some_and(|ending| ending == "json")
                    && String::from_utf8_lossy(bytes).contains("\"dspy-artifact\"")
            })
            .collect();
        assert!(!artifacts.is_empty());
        (compiled, gated, artifacts)
    };
    let (one, gated, artifacts) = compiled(1);
    let (many, gated_many, artifacts_many) = compiled(64);
    assert_eq!(one["score"], many["score"]);
    assert_eq!(gated["candidate"], gated_many["candidate"]);
    assert_eq!(artifacts, artifacts_many, "to the byte");

    let number = |value: &Value| value.as_f64().expect("a number");
    assert!(number(&one["score"]) >= number(&one["baseline"]) + 0.1, "{one}");
    assert!(number(&gated["candidate"]) > number(&gated["baseline"]), "{gated}");
    assert_eq!(gated["decision"], "promote");
    assert_eq!(gated["slices"].as_array().map(Vec::len), Some(4));
    assert!(number(&one["usage"]["calls"]) <= number(&one["planned_max_calls"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_example_runs_on_a_server_that_fails_now_and_then() {
    let server = Server::lexical(|call| match call % 499 {
        100 => Some(Act::Status(429, "retry-after: 0", "{}".into())),
        200 => Some(Act::Status(500, "x: y", "oops".into())),
        300 => Some(Act::Drop),
        400 => Some(Act::Status(200, "x: y", "not json".into())),
        _ => None,
    })
    .await;
    let (place, url) = (Place::new("server"), server.url());
    let served = tokio::task::block_in_place(|| {
        let mut command = place.command("compile --seed 7 --concurrency 32 --no-cache --json");
        document(
            &command.envs([("DSPY_MODEL", "openai/x"), ("OPENAI_BASE_URL", &*url)]).output().expect("built"),
            0,
        )
    });
    let local = Place::new("local").json("compile --seed 7", 0);
    for figures in ["baseline", "score", "planned_max_calls", "termination"] {
        assert_eq!(served[figures], local[figures], "{figures}");
    }
    assert_eq!(served["usage"]["calls"], local["usage"]["calls"]);
    assert_eq!(served["key"]["model"], "openai/x");

    let faults =
        (0..server.calls()).filter(|call| [100, 200, 300, 400].contains(&(call % 499))).count() as u64;
    assert_eq!(server.calls(), served["usage"]["calls"].as_u64().expect("a number") + faults);
}
