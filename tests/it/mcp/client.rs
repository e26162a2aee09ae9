//! The tools of a server that does as it should.

use std::time::Duration;

use dspy::lm::{Scripted, Secret, ToolSpec};
use dspy::mcp::McpServer;
use dspy::{Context, ErrorKind, ReAct};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::child::{ALIVE, server};
use super::{call, tool};
use crate::agent::{Answer, question, submit, turn};
use crate::task::built_in;

#[tokio::test]
async fn tools_are_listed_to_the_last_page_and_called() {
    let tools = server("good").connect().await.expect("it starts").tools().await.expect("listed");
    assert_eq!(tools.len(), 12);
    let echo = tool(&tools, "echo");
    assert_eq!(echo.description(), "Does echo.");
    assert_eq!(*echo.parameters(), json!({"type": "object"}));
    assert_eq!(ToolSpec::from(&*echo).name, "echo");
    assert_eq!(call(&echo, json!({"path": "a"})).await, r#"{"path":"a"}"#);
    assert_eq!(call(&echo, Value::Null).await, "{}", "no arguments are an empty object");
    let refused = call(&echo, json!(["a"])).await;
    assert_eq!(refused, json!({"error": "the arguments are no JSON object; found `[\"a\"]`"}));
    let image = call(&tool(&tools, "image"), json!({})).await;
    assert_eq!(image["mimeType"], "image/png");
}

#[tokio::test]
async fn a_command_that_ends_at_the_new_way_is_started_again_for_the_old_one() {
    let tools = server("old").connect().await.expect("it starts").tools().await.expect("listed");
    assert_eq!(call(&tool(&tools, "echo"), json!({"path": "a"})).await, r#"{"path":"a"}"#);
}

#[tokio::test]
async fn names_are_filtered_prefixed_and_mapped_for_models() {
    let connection = server("good").connect().await.expect("it starts");
    let tools = connection.tools().only(["files.read", "echo"]).prefix("disk_").await.expect("listed");
    let names: Vec<_> = tools.iter().map(|tool| tool.name().to_owned()).collect();
    assert!(names[0].starts_with("disk_files_read_") && names[1] == "disk_echo", "{names:?}");
    assert_eq!(call(&tools[0], json!({"a": 1})).await, r#"{"a":1}"#, "called by its own name");

    let error = connection.tools().only(["file.read"]).await.expect_err("not there");
    assert_eq!(
        error.to_string(),
        "the MCP server `good` has no tool `file.read`; did you mean `files.read`?"
    );
}

#[tokio::test]
async fn an_agent_uses_the_tools_of_a_server() {
    let connection = server("good").connect().await.expect("it starts");
    let tools = connection.tools().only(["files.read", "fail"]).await.expect("listed");
    let read = tools[0].name().to_owned();
    let calls = json!([{"tool": read, "arguments": {"path": "a"}}, {"tool": "fail", "arguments": {}}]);
    let cx = Context::new(Scripted::replies([turn(calls), turn(json!([submit("Lyon")]))]));
    let agent = ReAct::<Answer>::new().with_tools(tools);
    let reply = agent.call(&cx, question()).await.expect("it answers");
    assert_eq!(reply.word, "Lyon");
    let told = cx.history(8).to_string();
    assert!(told.contains(r#"{\"path\":\"a\"}"#) && told.contains("no such file"), "{told}");
}

#[tokio::test]
async fn calls_on_one_connection_run_at_the_same_time() {
    let tools = server("good").connect().await.expect("it starts").tools().await.expect("listed");
    let pair = tool(&tools, "pair");
    // Neither is answered before both are there, and the later one first.
    let both = tokio::join!(call(&pair, json!({"n": 1})), call(&pair, json!({"n": 2})));
    assert_eq!(both, (json!(r#"{"n":1}"#), json!(r#"{"n":2}"#)));
}

#[tokio::test]
async fn what_a_model_can_mend_is_a_value() {
    let tools = server("good").connect().await.expect("it starts").tools().await.expect("listed");
    assert_eq!(call(&tool(&tools, "fail"), json!({})).await, json!({"error": "no such file"}));
    assert_eq!(call(&tool(&tools, "refuse"), json!({})).await, json!({"error": "`path` is missing"}));
    assert_eq!(
        call(&tool(&tools, "odd"), json!({})).await,
        json!({"error": "the answer is not one that MCP knows"})
    );
}

#[tokio::test]
async fn a_late_or_dropped_call_is_cancelled_and_the_connection_goes_on() {
    let server = server("good").timeout(Duration::from_millis(50));
    let tools = server.connect().await.expect("it starts").tools().await.expect("listed");
    let hang = tool(&tools, "hang");
    let late = call(&hang, json!({})).await;
    assert_eq!(late, json!({"error": "no answer within 50ms; the call was cancelled"}));
    let cx = built_in();
    let mut dropped = hang.call(&cx, json!({}));
    assert!(futures_util::future::poll_immediate(&mut dropped).await.is_none());
    // Until it is on its way.
    tokio::task::yield_now().await;
    drop(dropped);
    let cancelled = call(&tool(&tools, "cancelled"), json!({})).await;
    assert_eq!(cancelled["calls"].as_array().map(Vec::len), Some(2), "{cancelled}");
}

#[tokio::test]
async fn a_server_that_dies_in_a_call_is_an_error_that_says_how_it_ended() {
    let server = server("good").env("KEY", "sk-very-secret");
    let connection = server.connect().await.expect("it starts");
    let tools = connection.tools().await.expect("listed");
    let (hang, die) = (tool(&tools, "hang"), tool(&tools, "die"));
    let cx = built_in();
    let (waiting, dying) = tokio::join!(hang.call(&cx, json!({})), die.call(&cx, json!({})));
    for error in [waiting.expect_err("it is gone"), dying.expect_err("it is gone")] {
        assert_eq!(error.kind(), ErrorKind::Transport);
        let text = error.to_string();
        assert!(text.contains("the MCP server `good` ended (exit status: 9)"), "{text}");
        assert!(!format!("{error:?}").contains("very-secret"), "{error:?}");
    }
    let again = tool(&tools, "echo").call(&cx, json!({})).await.expect_err("still gone");
    assert!(again.to_string().contains("until it is connected to again"), "{again}");
    assert!(connection.is_closed());
    assert!(!format!("{server:?} {connection:?}").contains("very-secret"));
}

#[tokio::test]
async fn a_command_gets_its_own_environment_and_no_key_of_ours() {
    let tools =
        server("good").env("CITY", "Lyon").connect().await.expect("it starts").tools().await.expect("listed");
    let names = call(&tool(&tools, "environment"), json!({})).await;
    let names: Vec<_> = names["names"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    assert!(names.contains(&"CITY") && names.contains(&"PATH"), "{names:?}");
    // What cargo sets for a test stands for all else that is ours.
    assert!(
        !names.iter().any(|name| name.starts_with("CARGO") || name.starts_with("DSPY_MODEL")),
        "{names:?}"
    );
}

#[tokio::test]
async fn the_command_ends_when_the_last_of_its_users_is_dropped() {
    for kind in ["good", "stubborn"] {
        // It holds a connection to us for as long as it lives.
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound").to_string();
        let connection = server(kind).env(ALIVE, address).connect().await.expect("it starts");
        let (mut life, _) = listener.accept().await.expect("it lives");
        let tools = connection.tools().only(["echo"]).await.expect("listed");
        drop(connection);
        assert_eq!(call(&tools[0], json!({})).await, "{}", "a tool holds the connection");
        drop(tools);
        let ended = tokio::time::timeout(Duration::from_secs(20), life.read(&mut [0])).await;
        assert!(matches!(ended, Ok(Ok(0) | Err(_))), "the {kind} one lives on");
    }
}

#[tokio::test]
async fn what_cannot_be_reached_is_told() {
    let error = McpServer::stdio("no-such-command-here", ["--key", "sk-very-secret"]).connect().await;
    let text = error.expect_err("there is none").to_string();
    assert!(text.starts_with("the MCP server `no-such-command-here` cannot be started"), "{text}");
    assert!(!text.contains("secret"));

    let text = server("stillborn").connect().await.expect_err("it ends at once").to_string();
    assert!(
        text.contains("ended (exit status: 3), saying: no module named `weather` before it said hello"),
        "{text}"
    );

    let mute = server("mute").start_timeout(Duration::from_millis(50));
    let error = mute.connect().await.expect_err("it says nothing");
    assert_eq!(error.kind(), ErrorKind::Timeout);

    let server =
        McpServer::http("http://127.0.0.1:9/mcp?key=sk-very-secret").bearer(Secret::new("sk-very-secret"));
    let error = server.connect().await.expect_err("nobody listens there");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
    assert!(error.to_string().contains("http://127.0.0.1:9/mcp` cannot be reached"), "{error}");
    assert!(!format!("{error:?} {server:?}").contains("secret"));
    let error = McpServer::http("ftp://x").connect().await.expect_err("no HTTP");
    assert_eq!(error.kind(), ErrorKind::NotConfigured);
}
