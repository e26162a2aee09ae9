//! Servers and clients of the protocol's own package for Python, where it is installed: `pip install mcp`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dspy::mcp::{McpServer, McpTools};
use dspy::serve::Service;
use dspy::{Context, Predict};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};

use super::{call, tool};
use crate::serve::Running;
use crate::support::{Place, example};
use crate::task::{Guess, always};

/// The Python that `build.rs` has found.
fn python() -> &'static Path {
    let found = option_env!("TEST_PYTHON_MCP").map(Path::new);
    found.expect("a Python that has `mcp`: name one in DSPY_MCP_PYTHON")
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("it/mcp").join(name)
}

/// What its tools tell, whatever is between us.
async fn check(server: McpServer) {
    let server = server.timeout(Duration::from_secs(20));
    let tools = server.connect().await.expect("it is there").tools().await.expect("listed");
    assert_eq!(call(&tool(&tools, "add"), json!({"a": 2, "b": 3})).await, 5);
    let parcel = tool(&tools, "find_parcel");
    assert_eq!(parcel.parameters()["required"], json!(["number"]));
    assert_eq!(call(&parcel, json!({"number": 7})).await, json!({"number": 7, "city": "Lyon"}));
    let error = |answer: Value| answer["error"].as_str().unwrap_or_default().to_owned();
    assert!(error(call(&parcel, json!({"number": 8})).await).contains("there is no parcel 8"));
    assert!(error(call(&parcel, json!({"number": "seven"})).await).contains("number"));
    assert_eq!(call(&tool(&tools, "cities"), Value::Null).await, json!(["Lyon", "Paris"]));
    let cx = crate::task::built_in();
    let wait = tool(&tools, "wait");
    let mut dropped = wait.call(&cx, json!({}));
    assert!(futures_util::future::poll_immediate(&mut dropped).await.is_none());
    drop(dropped);
    let calls = (0..8).map(|n| {
        let add = tool(&tools, "add");
        async move { call(&add, json!({"a": n, "b": 1})).await }
    });
    assert_eq!(futures_util::future::join_all(calls).await, (1..=8).collect::<Vec<_>>());
}

#[tokio::test]
#[cfg_attr(not(python_mcp), ignore = "set DSPY_MCP_PYTHON to a Python that has `mcp`")]
async fn its_server_over_standard_input_and_output() {
    let python = python();
    check(McpServer::stdio(python, [script("official_server.py")]).named("official")).await;
}

#[tokio::test]
#[cfg_attr(not(python_mcp), ignore = "set DSPY_MCP_PYTHON to a Python that has `mcp`")]
async fn its_server_over_http() {
    let python = python();
    let mut server = tokio::process::Command::new(python)
        .arg(script("official_server.py"))
        .arg("http")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let port = lines.next_line().await.expect("readable").expect("it says its port");
    check(McpServer::http(format!("http://127.0.0.1:{port}/mcp"))).await;
    server.kill().await.expect("it ends");
}

/// What its client makes of a server of ours.
async fn asked(python: &Path, mode: &str, name: &str, [right, wrong]: [Value; 2], server: &[&str]) -> Value {
    let output = tokio::process::Command::new(python)
        .arg(script("official_client.py"))
        .args([mode, name, &right.to_string(), &wrong.to_string()])
        .args(server)
        .output();
    let output =
        tokio::time::timeout(Duration::from_secs(60), output).await.expect("in time").expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {errors}"))
}

#[tokio::test]
#[cfg_attr(not(python_mcp), ignore = "set DSPY_MCP_PYTHON to a Python that has `mcp`")]
async fn its_client_calls_our_program_over_standard_input_and_output() {
    let python = python();
    let place = Place::new("mcp-official");
    let (program, store) = (example(), place.path().join("artifacts"));
    let server = [program.to_str().expect("UTF-8"), "--store", store.to_str().expect("UTF-8"), "mcp"];
    let inputs = || [json!({"ticket_text": "My parcel never came"}), json!({"ticket_text": 7})];
    for mode in ["auto", "legacy"] {
        let told = asked(python, mode, "support", inputs(), &server).await;
        assert_eq!(told["tools"], json!(["support"]), "{told}");
        assert!(told["structured"]["queue"].is_string(), "{told}");
        assert!(
            told["steps"].as_array().is_some_and(|steps| steps.contains(&json!("triage.queue"))),
            "{told}"
        );
        assert_eq!(told["refused"][0], true, "{told}");
        assert!(told["refused"][1].as_str().is_some_and(|text| text.contains("ticket_text")), "{told}");
        assert!(
            told["many"].as_array().is_some_and(|many| many.len() == 5 && many[4] == told["structured"]),
            "{told}"
        );
        assert!(told["unknown"].as_str().is_some_and(|text| text.contains("no-such-tool")), "{told}");
    }
}

#[tokio::test]
#[cfg_attr(not(python_mcp), ignore = "set DSPY_MCP_PYTHON to a Python that has `mcp`")]
async fn its_client_calls_our_program_over_http() {
    let python = python();
    let cx = Context::new(always("apple"));
    let tools = McpTools::new(&cx).tool("guess", Predict::<Guess>::new());
    let service = Service::new(Predict::<Guess>::new(), &cx).mcp(&tools).expect("fine");
    let running = Running::start(service).await;
    let address = format!("http://{}/mcp", running.address);
    for mode in ["auto", "legacy"] {
        let inputs = [json!({"looks": "red"}), json!({"look": "red"})];
        let told = asked(python, mode, "guess", inputs, &[&address]).await;
        assert_eq!(told["structured"], json!({"fruit": "apple"}), "{mode}: {told}");
        assert_eq!(told["refused"][0], true, "{mode}: {told}");
        assert_eq!(told["steps"], json!(["self.fruit"]), "{mode}: {told}");
    }
    running.end().await;
}
