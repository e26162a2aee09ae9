//! What an agent's turn and a model's code cost beside the model, as ratios within one run:
//! `cargo bench --bench agent`.
//!
//! The model answers at once, so that only our own work is measured.

use std::time::{Duration, Instant};

use dspy::code::{Interpreter, Limits, NoFunctions, Python};
use dspy::data::Record;
use dspy::lm::{Response, Scripted, ToolCall};
use dspy::{Context, Lm, Predict, ReAct, signature, tool};
use serde_json::{Value, json};

/// Answer the customer.
#[signature]
struct Answer {
    #[input]
    question: String,
    /// One word.
    #[output]
    word: String,
}

/// Says where a parcel is.
#[tool]
async fn find_parcel(
    /// The number on the receipt.
    number: u32,
) -> String {
    format!("parcel {number} is in Lyon")
}

/// Turns of a run, the last of which answers.
const TURNS: usize = 10;

fn question() -> AnswerInput {
    AnswerInput { question: "Where is parcel 7?".into() }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let predict = Predict::<Answer>::new();
    let once = Context::new(Scripted::answering(|_| "[[ ## word ## ]]\nLyon".into()));
    let call = best(async || drop(predict.call(&once, question()).await.expect("an answer"))).await;
    println!("a call of a predictor: {}", shown(call));

    let agent = ReAct::<Answer>::new().tool(FindParcel).turns(TURNS);
    for (name, native) in [("text", false), ("native", true)] {
        let cx = Context::new(acting(native));
        let run = best(async || drop(agent.call(&cx, question()).await.expect("an answer"))).await;
        let each = run / u32::try_from(TURNS).expect("few");
        println!(
            "a turn of an agent, {name}, {TURNS} a run: {}, {:.1} calls of a predictor",
            shown(each),
            each.as_secs_f64() / call.as_secs_f64()
        );
    }

    python().await;
}

async fn python() {
    let open = best(async || {
        let mut session = Python::new().open(&Limits::default()).expect("a session");
        session.run("1", Record::new(), &NoFunctions).await.expect("it runs");
    });
    println!("\na session of Python, opened, used once and closed: {}", shown(open.await));

    let text = "late parcel\nthank you\n".repeat(250_000);
    let mut session = Python::new().open(&Limits::default()).expect("a session");
    let inputs = Record::from_iter([("text", text.as_str())]);
    session.run("", inputs, &NoFunctions).await.expect("it runs");
    let rust =
        best(async || assert_eq!(text.lines().filter(|line| line.contains("late")).count(), 250_000)).await;
    for (what, code) in [
        ("counting lines of 5.5 MB by a generator", "sum('late' in line for line in text.splitlines())"),
        ("the same by `count`", "text.count('late')"),
        ("a loop of a million additions", "n = 0\nfor i in range(1000000):\n    n += i\nn"),
    ] {
        let mut took = Duration::MAX;
        for _ in 0..5 {
            let begun = Instant::now();
            let ran = session.run(code, Record::new(), &NoFunctions).await.expect("it runs");
            took = took.min(begun.elapsed());
            assert!(ran.error.is_none(), "{ran}");
        }
        println!(
            "{what}: {}, {:.1} times counting in Rust",
            shown(took),
            took.as_secs_f64() / rust.as_secs_f64()
        );
    }
}

/// A model that looks a parcel up in each turn but the last.
fn acting(native: bool) -> Lm {
    let find = json!({"number": 7});
    let submit = json!({"word": "Lyon"});
    let text = |tool: &str, arguments: &Value| {
        let calls = json!([{"tool": tool, "arguments": arguments}]);
        Response::new(format!("[[ ## thought ## ]]\nI look.\n[[ ## calls ## ]]\n{calls}"))
    };
    let asked = |tool: &str, arguments: &Value| {
        let mut response = Response::new("I look.");
        response.tool_calls = vec![ToolCall::new("call", tool, arguments.clone())];
        response
    };
    let model = Scripted::new(move |call, _| {
        let (tool, arguments) =
            if call % TURNS + 1 == TURNS { ("submit", &submit) } else { ("find_parcel", &find) };
        Ok(if native { asked(tool, arguments) } else { text(tool, arguments) })
    });
    if native { model.with_tools().into() } else { model.into() }
}

/// The mean time of the best of several rounds.
async fn best(mut run: impl AsyncFnMut()) -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..7 {
        let (begun, mut runs) = (Instant::now(), 0);
        while begun.elapsed() < Duration::from_millis(100) {
            run().await;
            runs += 1;
        }
        best = best.min(begun.elapsed() / runs);
    }
    best
}

fn shown(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}
