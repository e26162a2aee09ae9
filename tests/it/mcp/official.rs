//! Servers and clients of the protocol's own packages, where they are installed: for Python `pip install mcp`, and for
//! Node.js `npm install @modelcontextprotocol/server @modelcontextprotocol/client @modelcontextprotocol/node`. The strict
//! ones speak revision 2026-07-28 alone.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dspy::mcp::{McpServer, McpTools};
use dspy::serve::Service;
use dspy::{Context, Predict};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::{call, tool};
use crate::serve::Running;
use crate::support::{Place, example};
use crate::task::{Guess, always};

/// A program with the arguments before ours.
type Package = (PathBuf, Vec<String>);

fn script(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/mcp").join(name);
    path.to_str().expect("UTF-8").to_owned()
}

/// What the Python that `build.rs` has found runs.
fn python(name: &str) -> Package {
    let found = option_env!("TEST_PYTHON_MCP").map(PathBuf::from);
    (found.expect("a Python that has `mcp`: name one in DSPY_MCP_PYTHON"), vec![script(name)])
}

/// What Node.js runs, with the folder of packages that `build.rs` has found.
fn node(name: &str) -> Package {
    let found = option_env!("TEST_NODE_MCP").map(str::to_owned);
    let folder = found.expect("a folder with the packages: name one in DSPY_MCP_NODE");
    ("node".into(), vec![script(name), folder])
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
    assert_eq!(call(&tool(&tools, "forget"), json!({})).await, Value::Null);
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

/// Checks a server over standard input and output.
async fn check_command((program, mut arguments): Package, more: &[&str]) {
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    check(McpServer::stdio(program, arguments).named("official")).await;
}

/// Checks a server over HTTP.
async fn check_http((program, arguments): Package, more: &[&str]) {
    let mut server: Child = Command::new(program)
        .args(arguments)
        .args(more)
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

#[tokio::test]
#[cfg_attr(not(python_mcp), ignore = "set DSPY_MCP_PYTHON to a Python that has `mcp`")]
async fn the_server_for_python_over_standard_input_and_output() {
    check_command(python("official_server.py"), &[]).await;
    check_command(python("official_server.py"), &["strict"]).await;
}

#[tokio::test]
#[cfg_attr(not(python_mcp), ignore = "set DSPY_MCP_PYTHON to a Python that has `mcp`")]
async fn the_server_for_python_over_http() {
    check_http(python("official_server.py"), &[]).await;
    check_http(python("official_server.py"), &["strict"]).await;
}

#[tokio::test]
#[cfg_attr(not(node_mcp), ignore = "set DSPY_MCP_NODE to a folder with the packages for Node.js")]
async fn the_strict_server_for_node_over_standard_input_and_output() {
    check_command(node("official_server.cjs"), &[]).await;
}

#[tokio::test]
#[cfg_attr(not(node_mcp), ignore = "set DSPY_MCP_NODE to a folder with the packages for Node.js")]
async fn the_strict_server_for_node_over_http() {
    check_http(node("official_server.cjs"), &[]).await;
}

/// What a client makes of a server of ours.
async fn asked(
    (program, arguments): &Package,
    mode: &str,
    name: &str,
    [right, wrong]: [Value; 2],
    server: &[&str],
) -> Value {
    let output = Command::new(program)
        .args(arguments)
        .args([mode, name, &right.to_string(), &wrong.to_string()])
        .args(server)
        .output();
    let output =
        tokio::time::timeout(Duration::from_secs(60), output).await.expect("in time").expect("it starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{mode}: {error}: {errors}"))
}

/// The revisions that clients agree on with us, by how they begin.
const MODES: [(&str, &str); 2] = [("auto", "2026-07-28"), ("legacy", "2025-11-25")];

async fn call_our_program(client: &Package, pinned: &str) {
    let place = Place::new("mcp-official");
    let (program, store) = (example(), place.path().join("artifacts"));
    let server = [program.to_str().expect("UTF-8"), "--store", store.to_str().expect("UTF-8"), "mcp"];
    let inputs = || [json!({"ticket_text": "My parcel never came"}), json!({"ticket_text": 7})];
    for (mode, version) in MODES.into_iter().chain([(pinned, "2026-07-28")]) {
        let told = asked(client, mode, "support", inputs(), &server).await;
        assert_eq!(told["version"], version, "{mode}: {told}");
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

async fn call_our_service(client: &Package, pinned: &str) {
    let cx = Context::new(always("apple"));
    let tools = McpTools::new(&cx).tool("guess", Predict::<Guess>::new());
    let service = Service::new(Predict::<Guess>::new(), &cx).mcp(&tools).expect("fine");
    let running = Running::start(service).await;
    let address = format!("http://{}/mcp", running.address);
    for (mode, version) in MODES.into_iter().chain([(pinned, "2026-07-28")]) {
        let inputs = [json!({"looks": "red"}), json!({"look": "red"})];
        let told = asked(client, mode, "guess", inputs, &[&address]).await;
        assert_eq!(told["version"], version, "{mode}: {told}");
        assert_eq!(told["structured"], json!({"fruit": "apple"}), "{mode}: {told}");
        assert_eq!(told["refused"][0], true, "{mode}: {told}");
        assert_eq!(told["steps"], json!(["self.fruit"]), "{mode}: {told}");
    }
    running.end().await;
}

#[tokio::test]
#[cfg_attr(not(python_mcp), ignore = "set DSPY_MCP_PYTHON to a Python that has `mcp`")]
async fn the_client_for_python_calls_our_program_over_standard_input_and_output() {
    call_our_program(&python("official_client.py"), "2026-07-28").await;
}

#[tokio::test]
#[cfg_attr(not(python_mcp), ignore = "set DSPY_MCP_PYTHON to a Python that has `mcp`")]
async fn the_client_for_python_calls_our_program_over_http() {
    call_our_service(&python("official_client.py"), "2026-07-28").await;
}

#[tokio::test]
#[cfg_attr(not(node_mcp), ignore = "set DSPY_MCP_NODE to a folder with the packages for Node.js")]
async fn the_client_for_node_calls_our_program_over_standard_input_and_output() {
    call_our_program(&node("official_client.cjs"), "pin").await;
}

#[tokio::test]
#[cfg_attr(not(node_mcp), ignore = "set DSPY_MCP_NODE to a folder with the packages for Node.js")]
async fn the_client_for_node_calls_our_program_over_http() {
    call_our_service(&node("official_client.cjs"), "pin").await;
}
