//! What a call costs beside a bare `reqwest` client that posts the same bodies to the same loopback
//! server, as ratios within one run: `cargo bench --bench overhead`.
//!
//! The server and every client are processes of their own (this program again), so that memory and
//! start-up are those of one client, and both clients meet the same server.

#[allow(dead_code)]
mod task;

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dspy::cache::{Cache, Cached};
use dspy::lm::{CacheUse, Limited, Limiter, ModelId, OpenAi, Retry};
use dspy::{Budget, Context, Evaluate, Predict, Rows};
use futures_util::StreamExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use task::{EIGHT_REPLY, Eight, ONE_REPLY, One, OneOutput, demonstrated, message, question};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["serve"] => runtime.block_on(serve()),
        ["sequential", url] => runtime.block_on(sequential(url)),
        ["rate", client, url, rows, flight] => {
            runtime.block_on(rate(
                client,
                url,
                rows.parse().expect("a number"),
                flight.parse().expect("a number"),
            ));
        }
        ["first", client, url] => {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(first(client, url));
        }
        _ => compare(),
    }
}

/// Runs every measurement and prints the table.
fn compare() {
    let (mut server, url) = Server::start();
    println!("{}", client(&["sequential", &url]));

    println!("\nEvaluate over rows at 50 ms latency, best of three, beside the bare client:");
    for (rows, flight) in [("1000", "256"), ("3000", "1000")] {
        let best = |name| {
            let runs = (0..3).map(|_| Rate::read(&client(&["rate", name, &url, rows, flight])));
            runs.reduce(|best, next| if next.rate > best.rate { next } else { best }).expect("three runs")
        };
        let (bare, ours) = (best("bare"), best("dspy"));
        println!(
            "  {flight:>4} in flight: {:>6.0} rows/s of {:>6.0} ({:.2}), {:>5.1} MiB of {:>5.1} ({:.2})",
            ours.rate,
            bare.rate,
            ours.rate / bare.rate,
            ours.memory,
            bare.memory,
            ours.memory / bare.memory
        );
    }

    let first = |name| {
        let mut times: Vec<f64> = (0..15)
            .map(|_| {
                let before = Instant::now();
                client(&["first", name, &url]);
                before.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        median(&mut times)
    };
    let (nothing, bare, ours) = (first("nothing"), first("bare"), first("dspy"));
    println!("\nfrom the start of a process to the end of its first call, plain HTTP, median of 15:");
    println!("  no call {nothing:.1} ms, bare {bare:.1} ms, dspy {ours:.1} ms");
    server.0.kill().expect("it runs");
    server.0.wait().expect("it ends");
}

struct Server(Child);

impl Server {
    fn start() -> (Self, String) {
        use std::io::{BufRead, BufReader};
        let mut child = this(&["serve"]).stdout(Stdio::piped()).spawn().expect("this program");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("an address");
        (Self(child), format!("http://{}", line.trim()))
    }
}

fn this(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this is a program"));
    command.args(arguments);
    command
}

fn client(arguments: &[&str]) -> String {
    let output = this(arguments).output().expect("this program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

struct Rate {
    rate: f64,
    memory: f64,
}

impl Rate {
    fn read(line: &str) -> Self {
        let mut numbers = line.split(' ').map(|number| number.parse().expect("a number"));
        Self { rate: numbers.next().expect("a rate"), memory: numbers.next().expect("memory") }
    }
}

/// Answers at once under `/one` and `/eight`, after 50 ms under `/slow`.
async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("bound"));
    let answer = |text: &str| {
        let body = json!({"id": "x", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}})
        .to_string();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Arc::<[u8]>::from(format!("{head}{body}").into_bytes())
    };
    let (one, eight) = (answer(ONE_REPLY), answer(EIGHT_REPLY));
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(answer_all(stream, one.clone(), eight.clone()));
    }
}

async fn answer_all(mut stream: TcpStream, one: Arc<[u8]>, eight: Arc<[u8]>) -> Option<()> {
    let mut buffer = Vec::with_capacity(16 * 1024);
    loop {
        let (head, length) = loop {
            if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                let head = std::str::from_utf8(&buffer[..end]).ok()?.to_ascii_lowercase();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "))?
                    .parse::<usize>()
                    .ok()?;
                break (head, end + 4 + length);
            }
            if stream.read_buf(&mut buffer).await.ok()? == 0 {
                return None;
            }
        };
        while buffer.len() < length {
            stream.read_buf(&mut buffer).await.ok()?;
        }
        buffer.drain(..length);
        if head.starts_with("post /slow") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let reply = if head.starts_with("post /eight") { &eight } else { &one };
        stream.write_all(reply).await.ok()?;
    }
}

fn context(url: &str, path: &str) -> Context {
    let model = OpenAi::at(ModelId::new("openai", "m"), &format!("{url}/{path}")).expect("an address");
    // Limits that are kept and never met, and a cache that keeps every reply and is never asked for one.
    let limiter =
        Limiter::new().requests_per_minute(100_000_000).tokens_per_minute(u32::MAX).in_flight(4_096);
    let lm = Cached::new(Retry::new(Limited::new(model, &limiter)), &Cache::memory(64 << 20));
    let budget = Budget::calls(u64::MAX).with_time(Duration::from_secs(3_600));
    Context::new(lm).with_budget(budget).with_cache(CacheUse::Refresh)
}

/// The body that the library sends for a prompt.
fn body(messages: &dspy::lm::Messages) -> String {
    json!({"model": "m", "messages": messages}).to_string()
}

/// A bare client, made as the library makes its own.
fn bare() -> reqwest::Client {
    use rustls::{ClientConfig, RootCertStore};
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("it has");
    let config = config.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    reqwest::Client::builder().tcp_nodelay(true).tls_backend_preconfigured(config).build().expect("a client")
}

async fn post(client: &reqwest::Client, url: &str, body: String) -> usize {
    let request = client.post(url).header("content-type", "application/json").body(body);
    request.send().await.expect("answered").bytes().await.expect("whole").len()
}

/// Calls one after the other, bare and through the library by turns.
async fn sequential(url: &str) {
    println!("a sequential call, median of 3000, by turns with the bare request:");
    let client = bare();
    let one = Predict::<One>::new();
    let sixteen = Predict::<One>::new().with_predictor_state(demonstrated(16));
    let eight = Predict::<Eight>::new();

    let cx = context(url, "one");
    let at = format!("{url}/one/chat/completions");
    let sent = body(&one.render(&cx, &question()).expect("it renders"));
    turns(
        "one field",
        async || post(&client, &at, sent.clone()).await,
        async || one.call(&cx, question()).await.expect("answered").answer.len(),
    )
    .await;
    let sent = body(&sixteen.render(&cx, &question()).expect("it renders"));
    turns(
        "one field, 16 demonstrations",
        async || post(&client, &at, sent.clone()).await,
        async || sixteen.call(&cx, question()).await.expect("answered").answer.len(),
    )
    .await;
    let cx = context(url, "eight");
    let at = format!("{url}/eight/chat/completions");
    let sent = body(&eight.render(&cx, &message()).expect("it renders"));
    turns(
        "eight typed fields",
        async || post(&client, &at, sent.clone()).await,
        async || eight.call(&cx, message()).await.expect("answered").tags.len(),
    )
    .await;
}

async fn turns(what: &str, bare: impl AsyncFn() -> usize, ours: impl AsyncFn() -> usize) {
    let (mut bare_times, mut our_times) = (Vec::new(), Vec::new());
    for turn in 0..3_300 {
        let before = Instant::now();
        bare().await;
        let between = Instant::now();
        ours().await;
        let after = Instant::now();
        if turn >= 300 {
            bare_times.push((between - before).as_secs_f64() * 1e6);
            our_times.push((after - between).as_secs_f64() * 1e6);
        }
    }
    let (bare, ours) = (median(&mut bare_times), median(&mut our_times));
    println!(
        "  {what:30} {ours:>6.1} µs of {bare:>6.1} µs: {:>5.1} µs more ({:.2})",
        ours - bare,
        ours / bare
    );
}

/// Many rows at once: prints rows a second and the greatest resident memory in MiB.
async fn rate(client: &str, url: &str, rows: usize, flight: usize) {
    let elapsed = match client {
        "bare" => {
            let (http, at) = (bare(), format!("{url}/slow/chat/completions"));
            let sent =
                body(&Predict::<One>::new().render(&context(url, "slow"), &question()).expect("it renders"));
            let calls =
                (0..rows).map(|_| {
                    let (http, at, sent) = (http.clone(), at.clone(), sent.clone());
                    async move {
                        tokio::spawn(async move { post(&http, &at, sent).await }).await.expect("no panic")
                    }
                });
            let before = Instant::now();
            let answered = futures_util::stream::iter(calls).buffer_unordered(flight).count().await;
            assert_eq!(answered, rows);
            before.elapsed()
        }
        _ => {
            let cx = context(url, "slow");
            let row = |_| One { question: question().question, answer: "Paris".into() };
            let rows: Rows<One> = (0..rows).map(row).collect();
            let evaluate =
                Evaluate::new(|row: &One, out: &OneOutput| row.answer == out.answer).concurrency(flight);
            let before = Instant::now();
            let report = evaluate.run(&cx, &Predict::<One>::new(), &rows).await.expect("rows");
            assert_eq!(report.score(), 1.0, "{report}");
            before.elapsed()
        }
    };
    #[allow(clippy::cast_precision_loss)]
    let rate = rows as f64 / elapsed.as_secs_f64();
    println!("{rate} {}", memory());
}

/// The greatest resident memory so far, in MiB; 0 where the system does not tell.
fn memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// A process that makes one call.
async fn first(client: &str, url: &str) {
    match client {
        "bare" => {
            post(&bare(), &format!("{url}/one/chat/completions"), "{}".into()).await;
        }
        "dspy" => {
            Predict::<One>::new().call(&context(url, "one"), question()).await.expect("answered");
        }
        _ => {}
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
