//! The main example, run as a user runs it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::server::{Act, Server};

/// The example's program, which cargo builds with the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("this is a program");
    let example = test.parent().and_then(Path::parent).expect("a target folder").join("examples/support");
    assert!(
        example.exists(),
        "`cargo test` builds the example; for this test alone run `cargo build --example support` first"
    );
    example
}

fn artifact(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("dspy-support-{}-{name}.json", std::process::id()))
}

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(example());
    for variable in
        ["DSPY_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY", "SUPPORT_CONCURRENCY", "SUPPORT_ARTIFACT"]
    {
        command.env_remove(variable);
    }
    command.args(arguments).envs(variables.iter().copied()).output().expect("the example is built")
}

fn summary(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).expect("one JSON object")
}

#[tokio::test]
async fn the_main_job_runs_offline_and_the_same_at_any_concurrency() {
    let (one, many) = (artifact("one"), artifact("many"));
    let path = |artifact: &PathBuf| artifact.display().to_string();
    let figures = |artifact: &PathBuf, concurrency| {
        let output =
            run(&["--json"], &[("SUPPORT_ARTIFACT", &path(artifact)), ("SUPPORT_CONCURRENCY", concurrency)]);
        assert!(String::from_utf8_lossy(&output.stderr).contains("the model is builtin/lexical@1"));
        let mut summary = summary(&output);
        assert_eq!(summary["artifact"], path(artifact));
        summary["artifact"].take();
        summary
    };
    let first = figures(&one, "1");
    assert_eq!(first, figures(&many, "64"));
    assert_eq!(std::fs::read(&one).expect("written"), std::fs::read(&many).expect("written"), "to the byte");

    let number = |path: &str| first.pointer(path).and_then(Value::as_f64).expect("a number");
    assert!(number("/compiled/validation") >= number("/baseline/validation") + 0.1, "{first}");
    assert!(number("/compiled/test") > number("/baseline/test"), "{first}");
    assert_eq!(first["verdict"], "promote");
    assert!(number("/lm_calls") <= number("/planned_max_calls"));
    assert_eq!(first["slices"].as_object().map(|slices| slices.len()), Some(4));

    // A fresh process answers one ticket from the file.
    let asked = run(
        &["--ticket", "My courier never turned up with the parcel"],
        &[("SUPPORT_ARTIFACT", &path(&one))],
    );
    assert!(asked.status.success());
    assert!(String::from_utf8_lossy(&asked.stdout).contains("queue:      Delivery"));
    std::fs::remove_file(&one).expect("removed");
    let without = run(&["--ticket", "?"], &[("SUPPORT_ARTIFACT", &path(&one))]);
    assert!(!without.status.success());
    assert!(String::from_utf8_lossy(&without.stderr).contains("run the example without arguments first"));
    std::fs::remove_file(&many).expect("removed");
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
    let (file, url) = (artifact("server"), server.url());
    let path = file.display().to_string();
    let variables = [
        ("DSPY_MODEL", "openai/x"),
        ("OPENAI_BASE_URL", &*url),
        ("SUPPORT_ARTIFACT", &*path),
        ("SUPPORT_CONCURRENCY", "32"),
    ];
    let output = tokio::task::block_in_place(|| run(&["--json"], &variables));
    let served = summary(&output);
    let local = summary(&run(&["--json"], &[("SUPPORT_ARTIFACT", &path)]));
    for figures in ["baseline", "compiled", "slices", "verdict", "lm_calls", "planned_max_calls"] {
        assert_eq!(served[figures], local[figures], "{figures}");
    }
    assert_eq!(served["model"], "openai/x");
    std::fs::remove_file(&file).expect("removed");

    // Calls of the search, the gate (two programs, 80 rows, 2 calls each) and the loaded program (80 rows).
    let faults =
        (0..server.calls()).filter(|call| [100, 200, 300, 400].contains(&(call % 499))).count() as u64;
    let made = served["lm_calls"].as_u64().expect("a number") + 2 * 80 * 2 + 80 * 2;
    assert_eq!(server.calls(), made + faults);
}
