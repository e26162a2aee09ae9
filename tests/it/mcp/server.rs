//! Programs as tools of an MCP server, spoken to line by line.

use std::sync::Arc;
use std::time::Duration;

use dspy::lm::Scripted;
use dspy::mcp::{McpServer, McpTools};
use dspy::{Context, Error, ErrorKind, Live, Module, Predict, Store};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf};

use super::Held;
use crate::cache::Folder;
use crate::release::{artifact, model};
use crate::support::{Place, example};
use crate::task::{Guess, Sorter, always, built_in};

/// A client that writes JSON as it stands.
struct Client {
    asks: WriteHalf<DuplexStream>,
    answers: tokio::io::Lines<BufReader<ReadHalf<DuplexStream>>>,
    next: u64,
}

impl Client {
    async fn of(tools: McpTools) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move {
            let (input, output) = tokio::io::split(ours);
            tools.serve(input, output).await
        });
        let (answers, asks) = tokio::io::split(theirs);
        let mut client = Self { asks, answers: BufReader::new(answers).lines(), next: 1 };
        let us = json!({"name": "test", "version": "1"});
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": us});
        assert_eq!(client.ask("initialize", hello).await["result"]["serverInfo"]["name"], "dspy");
        client.tell("notifications/initialized", json!({})).await;
        client
    }

    async fn send(&mut self, message: Value) {
        self.asks.write_all(format!("{message}\n").as_bytes()).await.expect("it reads");
    }

    async fn tell(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    async fn begin(&mut self, method: &str, params: Value) -> u64 {
        let id = self.next;
        self.next += 1;
        self.send(json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        id
    }

    async fn next(&mut self) -> Value {
        let line = self.answers.next_line().await.expect("it writes").expect("it goes on");
        serde_json::from_str(&line).expect("JSON")
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params).await;
        let answer = self.next().await;
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    async fn call(&mut self, name: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({"name": name, "arguments": arguments})).await["result"].clone()
    }
}

fn guess(lm: impl Into<dspy::Lm>) -> McpTools {
    McpTools::new(&Context::new(lm)).tool("guess", Predict::<Guess>::new())
}

/// What an error result says.
fn told(result: &Value) -> Value {
    assert_eq!(result["isError"], true, "{result}");
    serde_json::from_str(result["content"][0]["text"].as_str().expect("a text")).expect("JSON")
}

#[tokio::test]
async fn a_program_is_listed_with_its_signature_and_answers_with_its_outputs() {
    let mut client = Client::of(guess(always("apple"))).await;
    let listed = client.ask("tools/list", json!({})).await;
    let tool = &listed["result"]["tools"][0];
    assert_eq!((&tool["name"], &tool["description"]), (&json!("guess"), &json!("Say which fruit it is.")));
    assert_eq!(tool["inputSchema"]["type"], "object");
    assert_eq!(tool["inputSchema"]["required"], json!(["looks"]));
    assert_eq!(tool["outputSchema"]["required"], json!(["fruit"]));

    let result = client.call("guess", json!({"looks": "round and red"})).await;
    assert_eq!(result["structuredContent"], json!({"fruit": "apple"}));
    assert_eq!(result["content"][0]["text"], r#"{"fruit":"apple"}"#);
}

#[tokio::test]
async fn what_the_caller_can_mend_is_told_and_the_rest_is_not() {
    let failing = Scripted::answering(|_| "nothing of use".to_owned());
    let mut client = Client::of(guess(failing)).await;
    let wrong = told(&client.call("guess", json!({"look": "round", "looks": 7})).await);
    assert_eq!(wrong["kind"], "input");
    let text = wrong["message"].as_str().expect("a text");
    assert!(text.contains("did you mean `looks`?") && text.contains("expected string"), "{text}");
    assert_eq!(wrong["problems"].as_array().map(Vec::len), Some(2), "{wrong}");
    assert_eq!(told(&client.call("guess", json!({"looks": "round"})).await)["kind"], "parse");

    let unknown = client.ask("tools/call", json!({"name": "gues", "arguments": {}})).await;
    assert_eq!(unknown["error"]["code"], -32602);
    assert_eq!(unknown["error"]["message"], "there is no tool `gues`; did you mean `guess`?");

    let secret = McpTools::new(&built_in()).tool("guess", Predict::<Guess>::new());
    let secret = secret.prepare(|_| Err(Error::program("the database at db.internal is down")));
    let told = told(&Client::of(secret).await.call("guess", json!({"looks": "round"})).await);
    assert_eq!(told, json!({"kind": "internal", "message": "the program failed; its log says why"}));
}

#[tokio::test]
async fn inputs_can_be_completed_and_the_description_given() {
    let tools = guess(always("apple")).described("Tells fruit apart.").prepare(|input| {
        if !input.contains("looks") {
            input.insert("looks", "red");
        }
        Ok(())
    });
    let mut client = Client::of(tools).await;
    let listed = client.ask("tools/list", json!({})).await;
    let tool = &listed["result"]["tools"][0];
    assert_eq!(tool["description"], "Tells fruit apart.");
    assert!(tool["inputSchema"].get("required").is_none(), "{tool}");
    assert_eq!(client.call("guess", json!({})).await["structuredContent"], json!({"fruit": "apple"}));
}

#[tokio::test]
async fn a_cancelled_call_gives_its_run_up() {
    let (held, asked, given_up) = Held::new();
    let mut client = Client::of(guess(held).in_flight(1)).await;
    let call = json!({"name": "guess", "arguments": {"looks": "red"}});
    let id = client.begin("tools/call", call.clone()).await;
    asked.acquire().await.expect("open").forget();
    assert_eq!(told(&client.ask("tools/call", call.clone()).await["result"])["kind"], "busy");
    client.tell("notifications/cancelled", json!({"requestId": id})).await;
    given_up.acquire().await.expect("open").forget();
    // Its place is free for another one.
    client.begin("tools/call", call).await;
    asked.acquire().await.expect("open").forget();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_is_given_up() {
    let (held, _asked, _given_up) = Held::new();
    let mut client = Client::of(guess(held).timeout(Duration::from_secs(5))).await;
    let late = told(&client.call("guess", json!({"looks": "red"})).await);
    assert_eq!(late, json!({"kind": "timeout", "message": "there was no answer within 5s"}));
}

#[tokio::test]
async fn steps_are_told_to_who_asks_for_them() {
    let sorter = McpTools::new(&built_in()).tool("sort", Sorter::new());
    let mut client = Client::of(sorter).await;
    let arguments = json!({"looks": "round and red"});
    let params = json!({"name": "sort", "arguments": arguments, "_meta": {"progressToken": "mine"}});
    client.begin("tools/call", params).await;
    let mut messages = Vec::new();
    let result = loop {
        let message = client.next().await;
        if message.get("result").is_some() {
            break message["result"].clone();
        }
        assert_eq!(message["params"]["progressToken"], "mine", "{message}");
        messages.push(message["params"]["message"].clone());
    };
    assert!(result["isError"] != true, "{result}");
    assert!(messages.contains(&json!("guess.fruit")), "{messages:?}");
}

#[tokio::test]
async fn each_call_runs_on_what_is_released_then() {
    let folder = Folder::new("mcp-live");
    let store = Store::open(&folder.0).expect("a folder");
    let cx = Context::new(always("apple").named(model()));
    for instructions in 1..=2 {
        let release = store.add(&artifact(instructions, Some("promote"))).expect("written");
        store.promote(&release).expect("its verdict says so");
    }
    let live = Live::<Sorter>::open(&store, &cx).expect("released");
    let before = live.get().program().state();
    let mut client = Client::of(McpTools::new(&cx).live("sort", live.clone())).await;
    client.call("sort", json!({"looks": "red"})).await;
    let prompt = cx.history(8).to_string();
    assert!(prompt.contains("Instructions 2."), "{prompt}");

    store.rollback(live.key().expect("of a store")).expect("there is one before");
    assert!(live.refresh().expect("readable"));
    assert_ne!(live.get().program().state(), before);
    client.call("sort", json!({"looks": "green"})).await;
    let prompt = cx.history(8).to_string();
    assert!(prompt.contains("Instructions 1."), "{prompt}");
}

#[tokio::test]
async fn tools_that_no_model_can_call_are_refused() {
    let tools = McpTools::new(&built_in());
    let refused = |tools: McpTools| async move {
        let (input, output) = tokio::io::split(tokio::io::duplex(64).0);
        let error = tools.serve(input, output).await.expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::NotConfigured);
        error.to_string()
    };
    assert!(refused(tools.clone()).await.contains("needs a tool"));
    let one = |name: &str| tools.clone().tool(name, Predict::<Guess>::new());
    assert!(refused(one("say hello")).await.contains("models cannot call a tool `say hello`"));
    assert_eq!(refused(one("a").tool("a", Predict::<Guess>::new())).await, "two tools are called `a`");
}

/// The command line of the main example, in a process of its own, called by our client.
#[tokio::test]
async fn a_program_of_ones_own_is_a_tool_by_its_command() {
    let place = Place::new("mcp");
    let server = McpServer::stdio(example(), ["mcp"]).folder(place.path());
    let connection = server.connect().await.expect("the example serves");
    let tools = connection.tools().await.expect("listed");
    let support = super::tool(&tools, "support");
    assert_eq!(
        support.description(),
        "Sorts a support ticket, then resolves it from the policies that apply"
    );
    // What it retrieves for a ticket need not be given.
    let answer = super::call(&support, json!({"ticket_text": "My parcel never came"})).await;
    assert!(answer["queue"].is_string() && answer["resolution"].is_string(), "{answer}");
    let calls = (0..8).map(|n| {
        let support: Arc<dyn dspy::tool::Tool> = support.clone();
        async move { super::call(&support, json!({"ticket_text": format!("Parcel {n} is late")})).await }
    });
    assert!(futures_util::future::join_all(calls).await.iter().all(|answer| answer["queue"].is_string()));
    let wrong = super::call(&support, json!({"ticket": "x"})).await;
    assert_eq!(wrong["error"]["kind"], "input", "{wrong}");
}
