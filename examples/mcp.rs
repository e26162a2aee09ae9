//! A program as a tool of an MCP server, and that tool in the hands of an agent.
//!
//! ```console
//! $ cargo run --example mcp
//! ```
//!
//! The server is this program again, started with `server`, as the client of an editor would start it. Its program runs
//! on the built-in model. The agent plays replies that were written for this example; with `DSPY_MODEL` and a key it
//! runs on a real model.

use dspy::lm::{Lexical, Response, Scripted, ToolCall};
use dspy::mcp::{McpServer, McpTools};
use dspy::{Context, Lm, Predict, ReAct, Result, signature};
use serde_json::json;

/// Quote the sentence of the house rules that answers the question.
#[signature]
struct Rule {
    #[input]
    question: String,
    /// The house rules, a sentence each.
    #[input]
    rules: String,
    /// One sentence of the rules, word for word.
    #[output]
    sentence: String,
}

/// Answer the guest.
#[signature]
struct Answer {
    #[input]
    message: String,
    /// The answer to the guest.
    #[output]
    reply: String,
}

const RULES: &str = "Breakfast is from seven to ten. Parking is behind the house. Dogs may come in.";

#[tokio::main]
async fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("server") => serve().await,
        _ => ask().await,
    }
}

/// The server: ends when whoever started it does.
async fn serve() -> Result<()> {
    let cx = Context::new(Lexical::new());
    // The guest's question is all that a caller gives; the rules are ours.
    let tools = McpTools::new(&cx).tool("rule", Predict::<Rule>::new()).prepare(|input| {
        input.insert("rules", json!(RULES));
        Ok(())
    });
    tools.serve_stdio().await
}

/// The client: an agent whose only tool is that of the server.
async fn ask() -> Result<()> {
    let server = McpServer::stdio(std::env::current_exe()?, ["server"]).connect().await?;
    let tools = server.tools().prefix("house_").await?;
    for tool in &tools {
        println!("{}: {}", tool.name(), tool.description());
    }
    let cx = Context::new(model()?);
    let agent = ReAct::<Answer>::new().with_tools(tools).turns(4);
    let reply = agent.call(&cx, "Where can I leave the car?").await?;
    for call in reply.trajectory.iter().flat_map(|turn| &turn.calls) {
        println!("{}({}) -> {}", call.tool, call.arguments, call.observation);
    }
    println!("{}", reply.reply);
    Ok(())
}

fn model() -> Result<Lm> {
    if std::env::var_os("DSPY_MODEL").is_some() {
        return Lm::from_env();
    }
    println!("(DSPY_MODEL is not set: the agent's replies were written beforehand)");
    let turn = |tool: &str, arguments| {
        let mut response = Response::new("").with_tokens(200, 20);
        response.tool_calls = vec![ToolCall::new("call_0", tool, arguments)];
        response
    };
    let turns = [
        turn("house_rule", json!({"question": "Where is parking?"})),
        turn("submit", json!({"reply": "You can park behind the house."})),
    ];
    Ok(Scripted::new(move |call, _| Ok(turns[call % turns.len()].clone())).with_tools().into())
}
