//! An agent that resolves a customer's message with tools: it looks orders up, reads the handbook, and may refund small
//! sums; larger ones a person has to approve.
//!
//! ```console
//! $ cargo run --example agent
//! ```
//!
//! With `DSPY_MODEL=openai/gpt-4o-mini` and `OPENAI_API_KEY` it runs on that model. Without, replies are played that
//! were written for this example: a built-in model of words has no mind to act with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use dspy::agent::Approval;
use dspy::lm::{Response, Scripted, ToolCall};
use dspy::tool::ToolFn;
use dspy::{Context, Lm, ReAct, Result, signature, tool};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Resolve what the customer writes about, and tell them what was done.
#[signature]
pub struct Resolve {
    #[input]
    message: String,
    /// The answer to the customer, in one or two sentences.
    #[output]
    reply: String,
    /// The refund in cents, 0 if nothing was paid back.
    #[output]
    refunded_cents: u32,
}

/// Finds the policy that applies to a case.
#[tool]
fn read_handbook(
    /// A word or two on what the case is about: damage, delay, refund.
    topic: String,
) -> &'static str {
    match topic.to_lowercase() {
        topic if topic.contains("damage") => {
            "What came damaged is refunded in full, with a photo or without, within 30 days."
        }
        topic if topic.contains("delay") => {
            "A parcel that is five days late is traced; shipping is paid back."
        }
        _ => "There is no policy on this; ask a person.",
    }
}

#[derive(Clone, Serialize)]
struct Order {
    item: &'static str,
    cents: u32,
    days_ago: u32,
}

/// The number of the order.
#[derive(Deserialize, schemars::JsonSchema)]
struct OrderNumber {
    /// The number in the customer's message.
    number: u32,
}

/// The refund to be paid.
#[derive(Deserialize, schemars::JsonSchema)]
struct Refund {
    /// The number of the order.
    number: u32,
    /// The sum in cents.
    cents: u32,
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(model()?);
    let orders = Arc::new(HashMap::from([
        (7, Order { item: "teapot", cents: 2_400, days_ago: 3 }),
        (8, Order { item: "samovar", cents: 24_000, days_ago: 12 }),
    ]));
    let paid = Arc::new(Mutex::new(Vec::new()));

    // Tools that need more than their arguments are closures.
    let known = orders.clone();
    let find_order = ToolFn::new("find_order", "Says what was ordered, when and for how much.", {
        move |order: OrderNumber| {
            let found = known.get(&order.number).cloned();
            async move { found.ok_or_else(|| format!("there is no order {}", order.number)) }
        }
    })?;
    let paying = paid.clone();
    let refund = ToolFn::new("refund", "Pays money back. It cannot be undone.", move |refund: Refund| {
        let (orders, paying) = (orders.clone(), paying.clone());
        async move {
            let order = orders.get(&refund.number).ok_or("there is no such order")?;
            if refund.cents > order.cents {
                return Err("it is more than was paid");
            }
            paying.lock().map_err(|_| "the till is broken")?.push(refund.cents);
            Ok("paid back")
        }
    })?;

    let agent = ReAct::<Resolve>::new()
        .tool(find_order)
        .tool(ReadHandbook)
        .tool(refund)
        .turns(6)
        .approve(|call| async move { small_or_asked(&call) });

    let message = "Order 7 came in pieces. I want my money back!".to_owned();
    println!("customer: {message}\n");
    let reply = agent.call(&cx, ResolveInput { message }).await?;
    for turn in &reply.trajectory {
        println!("thought: {}", turn.thought);
        for call in &turn.calls {
            println!("  {}({}) -> {}", call.tool, call.arguments, call.observation);
        }
    }
    println!("\nanswer ({:?}): {} ({} cents)", reply.stop_reason, reply.reply, reply.refunded_cents);

    // The answer says what was paid; the till knows.
    let till: u32 = paid.lock().map(|paid| paid.iter().sum()).unwrap_or_default();
    let refunds = agent.tools().get("refund").map(|tool| reply.trace().steps_of(tool).count());
    println!("in the till: {till} cents, by {} calls; {}", refunds.unwrap_or_default(), reply.usage());
    Ok(())
}

/// A person has to say yes to more than 50 euros; here nobody is asked.
fn small_or_asked(call: &ToolCall) -> Approval {
    match call.arguments.get("cents").and_then(Value::as_u64) {
        Some(cents) if call.name == "refund" && cents > 5_000 => {
            Approval::Refuse("a person has to do this".into())
        }
        _ => Approval::Run,
    }
}

fn model() -> Result<Lm> {
    if std::env::var_os("DSPY_MODEL").is_some() {
        return Lm::from_env();
    }
    println!("(DSPY_MODEL is not set: these replies were written beforehand)\n");
    let turn = |thought: &str, calls: &[(&str, Value)]| {
        let mut response = Response::new(thought).with_tokens(400, 40);
        let calls = calls.iter().enumerate();
        let calls =
            calls.map(|(i, (tool, arguments))| ToolCall::new(format!("call_{i}"), *tool, arguments.clone()));
        response.tool_calls = calls.collect();
        response
    };
    let both = [("find_order", json!({"number": 7})), ("read_handbook", json!({"topic": "damage"}))];
    let told = "I am sorry that the teapot broke. You have its 24 euros back.";
    let turns = [
        turn("I need the order and the policy; neither needs the other.", &both),
        turn("Three days ago, damaged: all of it.", &[("refund", json!({"number": 7, "cents": 2_400}))]),
        turn("Done.", &[("submit", json!({"reply": told, "refunded_cents": 2_400}))]),
    ];
    Ok(Scripted::new(move |call, _| Ok(turns[call % turns.len()].clone())).with_tools().into())
}
