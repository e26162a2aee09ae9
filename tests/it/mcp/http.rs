//! Tools over streamable HTTP: our service, called by our client.

use std::net::SocketAddr;

use dspy::lm::Secret;
use dspy::mcp::{McpServer, McpTools};
use dspy::serve::Service;
use dspy::{Context, ErrorKind, Lm, Predict};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{Held, call};
use crate::serve::Running;
use crate::task::{Guess, always, built_in};

const TOKEN: &str = "t0p-secret-token";

async fn running(lm: impl Into<Lm>, token: Option<&str>) -> Running {
    let cx = Context::new(lm);
    let tools = McpTools::new(&cx).tool("guess", Predict::<Guess>::new());
    let service = Service::new(Predict::<Guess>::new(), &cx).mcp(&tools).expect("tools that can be called");
    Running::start(match token {
        Some(token) => service.bearer(token),
        None => service,
    })
    .await
}

fn server(running: &Running) -> McpServer {
    McpServer::http(format!("http://{}/mcp", running.address))
}

#[tokio::test]
async fn a_service_answers_as_an_mcp_server_too() {
    let running = running(always("apple"), None).await;
    let connection = server(&running).connect().await.expect("it is there");
    let tools = connection.tools().await.expect("listed");
    let calls = (0..8).map(|_| call(&tools[0], json!({"looks": "red"})));
    for answer in futures_util::future::join_all(calls).await {
        assert_eq!(answer, json!({"fruit": "apple"}));
    }
    let wrong = call(&tools[0], json!({"look": "red"})).await;
    assert_eq!(wrong["error"]["kind"], "input", "{wrong}");
    drop((connection, tools));
    running.end().await;
}

#[tokio::test]
async fn it_takes_the_token_of_the_service_and_no_other() {
    let running = running(always("apple"), Some(TOKEN)).await;
    for token in [None, Some("a-wrong-token")] {
        let server =
            token.into_iter().fold(server(&running), |server, token| server.bearer(Secret::new(token)));
        let error = server.connect().await.expect_err("it is guarded");
        assert_eq!(error.kind(), ErrorKind::Auth, "{error}");
        assert!(!format!("{error:?} {server:?}").contains("a-wrong-token"));
    }
    let connection = server(&running).bearer(Secret::new(TOKEN)).connect().await.expect("let in");
    let tools = connection.tools().await.expect("listed");
    assert_eq!(call(&tools[0], json!({"looks": "red"})).await, json!({"fruit": "apple"}));
    assert!(!format!("{connection:?} {:?}", tools[0]).contains(TOKEN));
    drop((connection, tools));
    running.end().await;
}

#[tokio::test]
async fn a_page_in_a_browser_cannot_call_what_has_no_token() {
    let running = running(always("apple"), None).await;
    let page = server(&running).header("origin", Secret::new("https://evil.example"));
    let error = page.connect().await.expect_err("refused");
    assert_eq!((error.kind(), error.status()), (ErrorKind::Auth, Some(403)), "{error:?}");
    running.end().await;
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_the_run_up() {
    let (held, asked, given_up) = Held::new();
    let running = running(held, None).await;
    let connection = server(&running).connect().await.expect("it is there");
    let tools = connection.tools().await.expect("listed");
    let cx = built_in();
    {
        let mut calling = tools[0].call(&cx, json!({"looks": "red"}));
        tokio::select! {
            _ = &mut calling => panic!("nothing may answer yet"),
            asked = asked.acquire() => asked.expect("open").forget(),
        }
    }
    given_up.acquire().await.expect("open").forget();
    drop((connection, tools));
    running.end().await;
}

#[tokio::test]
async fn a_server_that_goes_away_is_an_error() {
    let (gated, asked, _may) = Held::new();
    let running = running(gated, None).await;
    let connection = server(&running).connect().await.expect("it is there");
    let tools = connection.tools().await.expect("listed");
    let cx = built_in();
    let calling = tools[0].call(&cx, json!({"looks": "red"}));
    let ending = async {
        asked.acquire().await.expect("open").forget();
        running.end().await;
    };
    let (answer, ()) = tokio::join!(calling, ending);
    // It may still say that it ends.
    let error = answer.expect_err("it is gone");
    assert!(matches!(error.kind(), ErrorKind::Server | ErrorKind::Transport), "{error}");
    let error = tools[0].call(&cx, json!({"looks": "red"})).await.expect_err("still gone");
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_an_error_and_the_connection_goes_on() {
    let cx = Context::new(always("apple"));
    let tools = McpTools::new(&cx).tool("guess", Predict::<Guess>::new()).described(&"x".repeat(100_000));
    let service = Service::new(Predict::<Guess>::new(), &cx).mcp(&tools).expect("fine");
    let running = Running::start(service).await;
    let connection = server(&running).max_bytes(50_000).connect().await.expect("it is there");
    for _ in 0..2 {
        let error = connection.tools().await.expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::Transport);
        assert!(error.to_string().contains("more than 50000 bytes"), "{error}");
        assert!(!connection.is_closed());
    }
    drop(connection);
    running.end().await;
}

/// Answers whatever is asked with the same page.
async fn pages(page: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let page = page.clone();
            tokio::spawn(async move {
                let mut asked = [0; 1 << 16];
                // A request of MCP comes in one or two pieces, and ends as JSON does.
                while stream.read(&mut asked).await.is_ok_and(|read| read > 0 && asked[read - 1] != b'}') {}
                stream.write_all(page.as_bytes()).await
            });
        }
    });
    address
}

#[tokio::test]
async fn what_is_no_mcp_server_is_told() {
    for (head, body, kind) in [
        ("HTTP/1.1 404 Not Found\r\ncontent-type: text/html", "<h1>No</h1>", ErrorKind::InvalidRequest),
        ("HTTP/1.1 500 Oh\r\ncontent-type: text/plain", "no", ErrorKind::Server),
        ("HTTP/1.1 200 OK\r\ncontent-type: text/html", "<h1>Welcome</h1>", ErrorKind::Decode),
        ("HTTP/1.1 200 OK\r\ncontent-type: application/json", "{\"hello\": 1}", ErrorKind::Decode),
    ] {
        let address = pages(format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())).await;
        let error =
            McpServer::http(format!("http://{address}/mcp")).connect().await.expect_err("no MCP server");
        assert_eq!(error.kind(), kind, "{head}: {error}");
        assert!(error.to_string().len() < 400, "{error}");
    }
}
