//! An agent with two tools on a real model: is a tool called where one is needed, is the number right, and is none made
//! up?

use dspy::{Context, ErrorKind, ReAct, Result, signature, tool};
use serde::Deserialize;

/// Answer the question about the shop.
#[signature]
pub struct Shop {
    #[input]
    question: String,
    /// The answer.
    #[output]
    number: i64,
}

const SHOP: [(&str, i64, i64); 8] = [
    ("lamp", 7, 30),
    ("kettle", 4, 25),
    ("cup", 40, 3),
    ("chair", 6, 50),
    ("rug", 2, 80),
    ("clock", 5, 20),
    ("vase", 9, 12),
    ("basket", 10, 8),
];

fn look_up(item: &str) -> Result<(i64, i64), String> {
    let name = item.to_lowercase();
    let name = name.strip_suffix('s').unwrap_or(&name);
    let found = SHOP.into_iter().find(|(known, ..)| *known == name);
    found.map(|(_, pieces, euros)| (pieces, euros)).ok_or_else(|| format!("there is no item `{item}`"))
}

/// Says how many pieces of an item are in stock.
#[tool]
fn stock(item: String) -> Result<i64, String> {
    look_up(&item).map(|(pieces, _)| pieces)
}

/// Says what one piece of an item costs, in euros.
#[tool]
fn price(item: String) -> Result<i64, String> {
    look_up(&item).map(|(_, euros)| euros)
}

/// A line of the questions.
#[derive(Deserialize)]
struct Row {
    id: String,
    question: String,
    number: i64,
    tools: Vec<String>,
}

/// Asks all questions, or those of these ids, one after the other, and prints a line for each and one for all.
///
/// # Errors
///
/// When the model cannot be reached. What an agent cannot answer is counted.
pub async fn run(cx: &Context, native: Option<bool>, ids: &[String]) -> Result<()> {
    let mut agent = ReAct::<Shop>::new().tool(Stock).tool(Price).turns(6);
    if let Some(native) = native {
        agent = agent.native(native);
    }
    let (mut right, mut failed, mut asked, mut invented, mut calls) = (0, 0, 0, 0, 0);
    let begun = std::time::Instant::now();
    let rows = include_str!("agent_questions.jsonl").lines();
    let mut rows: Vec<Row> = rows.map(serde_json::from_str).collect::<Result<_, _>>()?;
    rows.retain(|row| ids.is_empty() || ids.contains(&row.id));
    for row in &rows {
        let before = cx.usage().calls;
        let prediction = agent.call(cx, ShopInput { question: row.question.clone() }).await;
        calls += cx.usage().calls - before;
        match prediction {
            Ok(reply) => {
                let all = reply.trajectory.iter().flat_map(|turn| &turn.calls);
                let used: Vec<_> =
                    all.map(|call| call.tool.as_str()).filter(|tool| *tool != "submit").collect();
                println!("{} {} of {} {:?} {used:?}", row.id, reply.number, row.number, reply.stop_reason);
                if !ids.is_empty() {
                    println!("{}", serde_json::to_string_pretty(&reply.trajectory)?);
                }
                right += usize::from(reply.number == row.number);
                asked += usize::from(!used.is_empty() || row.tools.is_empty());
                invented += usize::from(used.is_empty() && !row.tools.is_empty());
            }
            Err(error) if matches!(error.kind(), ErrorKind::Parse) => {
                println!("{} error: {error}", row.id);
                failed += 1;
            }
            Err(error) => return Err(error),
        }
    }
    println!(
        "agent, native {native:?}: {right} right, {failed} failed, {asked} of {} called what they need, {invented} \
         answered without a tool, {calls} calls, {:.0} s",
        rows.len(),
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}
