//! Servers that do not do as the protocol says.

use dspy::ErrorKind;
use serde_json::json;

use super::child::server;
use super::tool;
use crate::task::built_in;

/// What is said of the list of a server of this kind.
async fn listed(kind: &str) -> String {
    let connection = server(kind).connect().await.expect("it starts");
    let error = connection.tools().await.expect_err("it cannot be used");
    assert_eq!(error.kind(), ErrorKind::Decode);
    error.to_string()
}

#[tokio::test]
async fn lists_that_are_none_are_told() {
    assert_eq!(
        listed("bad_schema").await,
        "the MCP server `bad_schema` lists the tool `b` with an `inputSchema` that is no JSON object"
    );
    assert_eq!(
        listed("list_schema").await,
        "the MCP server `list_schema` lists the tool `b` with arguments that are no JSON object"
    );
    assert_eq!(
        listed("circle").await,
        "the MCP server `circle` goes round in circles with the pages of its list of tools"
    );
    assert_eq!(listed("twice").await, "the MCP server `twice` lists `a` twice");
    assert_eq!(listed("no_list").await, "the MCP server `no_list` does not answer with a list of tools");
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_connection_and_says_so() {
    let connection = server("good").max_bytes(100_000).connect().await.expect("it starts");
    let tools = connection.tools().await.expect("listed");
    let cx = built_in();
    let error = tool(&tools, "huge").call(&cx, json!({})).await.expect_err("too large");
    assert_eq!(error.kind(), ErrorKind::Transport);
    let text = error.to_string();
    assert!(text.contains("sent a message of more than 100000 bytes and was dropped"), "{text}");
    assert!(text.len() < 300);
}

#[tokio::test]
async fn a_large_message_within_the_limit_comes_whole() {
    let tools = server("good").connect().await.expect("it starts").tools().await.expect("listed");
    let text = super::call(&tool(&tools, "huge"), json!({})).await;
    assert_eq!(text.as_str().map(str::len), Some(300_000));
}
