//! A small MCP server in a process of its own, written by hand, that can be told to misbehave.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use dspy::mcp::McpServer;
use serde_json::{Value, json};

/// Makes this program the server, of the kind that the value says.
const CHILD: &str = "DSPY_TEST_MCP_CHILD";

/// Where the server connects to, and stays so while it lives.
pub const ALIVE: &str = "DSPY_TEST_MCP_ALIVE";

/// A server of a kind: `good`, or one that does wrong at some point.
pub fn server(kind: &str) -> McpServer {
    McpServer::stdio(
        std::env::current_exe().expect("this is a program"),
        ["--exact", "mcp::child::child", "--nocapture"],
    )
    .env(CHILD, kind)
    .named(kind)
}

/// The tool of calls that are never answered.
const HANGS: &str = "hang";

#[test]
fn child() {
    let Ok(kind) = std::env::var(CHILD) else { return };
    let _alive = std::env::var(ALIVE).ok().map(|address| TcpStream::connect(address).expect("it listens"));
    match kind.as_str() {
        "mute" => std::thread::sleep(Duration::from_secs(3600)),
        "stillborn" => {
            eprintln!("no module named `weather`");
            std::process::exit(3);
        }
        _ => Served::new(kind.clone()).serve(),
    }
    if kind == "stubborn" {
        std::thread::sleep(Duration::from_secs(3600));
    }
}

struct Served {
    kind: String,
    /// Calls that wait for another one, by request.
    waiting: BTreeMap<u64, Value>,
    cancelled: Vec<Value>,
}

impl Served {
    fn new(kind: String) -> Self {
        Self { kind, waiting: BTreeMap::new(), cancelled: Vec::new() }
    }

    fn serve(mut self) {
        // What the test harness has written so far ends here; clients pass over what is no message.
        say("");
        for line in std::io::stdin().lines().map_while(Result::ok) {
            let message: Value = serde_json::from_str(&line).expect("JSON");
            match message["method"].as_str().unwrap_or_default() {
                "initialize" => answer(&message["id"], hello(&message)),
                "tools/list" => answer(&message["id"], self.list(&message["params"]["cursor"])),
                "tools/call" => self.call(&message["id"], &message["params"]),
                "notifications/cancelled" => self.cancelled.push(message["params"]["requestId"].clone()),
                // Servers of some packages end at what does not begin as they know.
                _ if self.kind == "old" && message.get("id").is_some() => std::process::exit(1),
                _ if message.get("id").is_some() => {
                    let error = json!({"code": -32601, "message": "no such method"});
                    say(&json!({"jsonrpc": "2.0", "id": message["id"], "error": error}).to_string());
                }
                _ => {}
            }
        }
    }

    fn list(&self, cursor: &Value) -> Value {
        let object = json!({"type": "object"});
        let tool =
            |name: &str| json!({"name": name, "description": format!("Does {name}."), "inputSchema": object});
        match (self.kind.as_str(), cursor.as_str()) {
            ("circle", _) => json!({"tools": [tool("a")], "nextCursor": "again"}),
            ("bad_schema", _) => json!({"tools": [tool("a"), {"name": "b", "inputSchema": "none"}]}),
            ("list_schema", _) => json!({"tools": [{"name": "b", "inputSchema": {"type": "array"}}]}),
            ("twice", _) => json!({"tools": [tool("a"), tool("a")]}),
            ("no_list", _) => json!({"tools": 7}),
            (_, None) => {
                json!({"tools": [tool("echo"), tool("files.read"), tool("pair")], "nextCursor": "2"})
            }
            (_, Some("2")) => {
                json!({"tools": [tool(HANGS), tool("die"), tool("fail"), tool("refuse")], "nextCursor": "3"})
            }
            _ => json!({"tools": (["huge", "odd", "image", "environment", "cancelled"].map(tool))}),
        }
    }

    fn call(&mut self, id: &Value, params: &Value) {
        let text = |text: String| json!({"content": [{"type": "text", "text": text}]});
        match params["name"].as_str().unwrap_or_default() {
            "echo" | "files.read" => answer(id, text(params["arguments"].to_string())),
            // Two calls are answered together, the later one first.
            "pair" => {
                self.waiting.insert(id.as_u64().expect("a number"), params["arguments"].clone());
                if self.waiting.len() == 2 {
                    for (id, arguments) in std::mem::take(&mut self.waiting).into_iter().rev() {
                        answer(&id.into(), text(arguments.to_string()));
                    }
                }
            }
            HANGS => {}
            "die" => {
                eprintln!("out of memory, with the key sk-very-secret");
                std::process::exit(9);
            }
            "fail" => {
                answer(id, json!({"content": [{"type": "text", "text": "no such file"}], "isError": true}))
            }
            "refuse" => {
                let error = json!({"code": -32602, "message": "`path` is missing"});
                say(&json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string());
            }
            "huge" => answer(id, text("x".repeat(300_000))),
            "odd" => answer(id, json!({"content": "none of MCP's"})),
            "image" => {
                answer(id, json!({"content": [{"type": "image", "data": "aGk=", "mimeType": "image/png"}]}));
            }
            "environment" => {
                let names: Vec<_> = std::env::vars().map(|(name, _)| name).collect();
                answer(id, json!({"content": [], "structuredContent": {"names": names}}));
            }
            "cancelled" => answer(id, json!({"content": [], "structuredContent": {"calls": self.cancelled}})),
            other => panic!("`{other}` was not listed"),
        }
    }
}

fn hello(message: &Value) -> Value {
    json!({
        "protocolVersion": message["params"]["protocolVersion"],
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "child", "version": "1"},
    })
}

fn answer(id: &Value, result: Value) {
    say(&json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string());
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A client that is gone is told by the end of the input.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
