//! How long searches take on a server with 20 ms of latency, 64 calls in flight: `cargo bench --bench search`.
//!
//! The ideal is the time that the calls take if all that do not need each other overlap: rounds of 64, one
//! after the other where one needs the other. Targets are 1.3 times 0.62 s for a random search over 19
//! candidates on 100 rows, 1.3 times 0.60 s for a light Mipro and 1.3 times 1.1 s for a light Gepa.

use std::time::{Duration, Instant};

use dspy::lm::{ModelId, OpenAi, Usage};
use dspy::optimize::Racing;
use dspy::{Compiled, Context, Gepa, Mipro, Predict, RandomSearch, Rows, Score, signature};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const LATENCY: Duration = Duration::from_millis(20);
const FLIGHT: usize = 64;

/// Answer the question.
#[signature]
struct Task {
    /// What is asked.
    #[input]
    question: String,
    /// The answer.
    #[output]
    answer: String,
}

fn right(row: &Task, out: &TaskOutput) -> Score {
    Score::from(row.answer == out.answer).because(format!("it is {}", row.answer))
}

fn rows(from: usize, count: usize) -> Rows<Task> {
    let row = |n| Task { question: format!("what is the answer to question {n}?"), answer: "yes".to_owned() };
    (from..from + count).map(row).collect()
}

#[tokio::main]
async fn main() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(answer_all(stream));
        }
    });
    let (train, validation) = (rows(0, 50), rows(50, 100));
    let context = || Context::new(OpenAi::at(ModelId::new("openai", "m"), &url).expect("an address"));
    println!("| search | target | took | calls | if every 64 calls overlapped |\n|---|---|---|---|---|");
    for racing in [Racing::Lossless, Racing::Futility { delta: 0.01 }] {
        let began = Instant::now();
        let search = RandomSearch::new(right).seed(1).concurrency(FLIGHT).racing(racing);
        let found = search.compile(&context(), Predict::<Task>::new(), (&train, &validation)).await;
        report(&format!("random search, {racing:?}"), 0.62, began, &found.expect("it runs"));
        let began = Instant::now();
        let search = Mipro::light(right).seed(1).concurrency(FLIGHT).racing(racing);
        let found = search.compile(&context(), Predict::<Task>::new(), (&train, &validation)).await;
        report(&format!("mipro light, {racing:?}"), 0.60, began, &found.expect("it runs"));
        let began = Instant::now();
        let search = Gepa::light(right).seed(1).concurrency(FLIGHT).racing(racing);
        let found = search.compile(&context(), Predict::<Task>::new(), (&train, &validation)).await;
        report(&format!("gepa light, {racing:?}"), 1.1, began, &found.expect("it runs"));
    }
}

fn report(name: &str, target: f64, began: Instant, compiled: &Compiled<Predict<Task>>) {
    let took = began.elapsed().as_secs_f64();
    let Usage { calls, .. } = compiled.usage;
    let ideal = (calls as f64 / FLIGHT as f64).ceil() * LATENCY.as_secs_f64();
    println!("| {name} | {:.2} s | {took:.2} s | {calls} | {ideal:.2} s |", 1.3 * target);
}

/// Answers every request of a connection, each 20 ms late; what it says follows from what it is asked.
async fn answer_all(mut stream: TcpStream) -> Option<()> {
    let mut buffer = Vec::with_capacity(64 * 1024);
    loop {
        let (head, length) = loop {
            if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = std::str::from_utf8(&buffer[..end]).ok()?.to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?;
                break (end + 4, end + 4 + length.parse::<usize>().ok()?);
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        while buffer.len() < length {
            stream.read_buf(&mut buffer).await.ok()?;
        }
        // The head names the port, which differs from run to run.
        let body: Vec<u8> = buffer.drain(..length).skip(head).collect();
        tokio::time::sleep(LATENCY).await;
        stream.write_all(&reply(&String::from_utf8_lossy(&body))).await.ok()?;
    }
}

fn reply(body: &str) -> Vec<u8> {
    let hash = body.bytes().fold(7_u32, |hash, byte| hash.wrapping_mul(16_777_619) ^ u32::from(byte));
    let marker = |name: &str| body.contains(&format!("- `{name}` (string)"));
    let text = if marker("instruction") {
        format!("[[ ## instruction ## ]]\nAnswer the question, way {hash}.")
    } else if let Some(name) = ["observations", "summary", "description"].iter().find(|name| marker(name)) {
        format!("[[ ## {name} ## ]]\nquestions and answers")
    } else {
        format!("[[ ## answer ## ]]\n{}", if hash % 10 < 6 { "yes" } else { "no" })
    };
    let body = json!({"choices": [{"message": {"content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20}})
    .to_string();
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into()
}
