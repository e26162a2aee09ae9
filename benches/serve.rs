//! A program as an HTTP service under load: many clients, a model that takes its time, releases that change.
//!
//! ```console
//! $ cargo bench --bench serve                # 200 clients for 60 seconds
//! $ cargo bench --bench serve -- 10          # for 10
//! ```
//!
//! The model says in its reply how long it took, so what is left of a request's time as its client sees it is
//! the share of the service, the framework and the loopback network.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dspy::lm::{LanguageModel, ModelId, Request, Response};
use dspy::release::{Live, Store};
use dspy::serve::Service;
use dspy::{Artifact, Context, Predict, Result, signature};
use futures_util::future::{BoxFuture, join_all};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Say how long it took.
#[signature]
struct Took {
    #[input]
    text: String,
    /// In microseconds.
    #[output]
    micros: u64,
}

const CLIENTS: usize = 200;

/// Answers after 50 to 100 ms, by the text that it is asked.
#[derive(Debug)]
struct Slow(ModelId);

impl LanguageModel for Slow {
    fn id(&self) -> &ModelId {
        &self.0
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        Box::pin(async {
            let began = Instant::now();
            let text: usize = request.messages.iter().map(|message| message.text().len()).sum();
            tokio::time::sleep(Duration::from_millis(50 + (text % 50) as u64)).await;
            Ok(Response::new(format!("[[ ## micros ## ]]\n{}", began.elapsed().as_micros())))
        })
    }
}

/// What one client saw.
#[derive(Default)]
struct Seen {
    own: Vec<u64>,
    whole: Vec<u64>,
    errors: u64,
}

#[tokio::main]
async fn main() {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(60);
    let folder = std::env::temp_dir().join(format!("dspy-bench-serve-{}", std::process::id()));
    let outcome = load(&folder, Duration::from_secs(seconds)).await;
    let _ = std::fs::remove_dir_all(&folder);
    outcome.expect("the service runs");
}

async fn load(folder: &std::path::Path, time: Duration) -> Result<()> {
    let cx = Context::new(Slow(ModelId::new("bench", "slow")));
    let store = Store::open(folder)?;
    release(&store, &cx, 0)?;
    let live = Live::<Predict<Took>>::open(&store, &cx)?;
    let following = live.follow(Duration::from_millis(100))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (end, ended) = oneshot::channel::<()>();
    let service = Service::live(live, &cx);
    let serving = tokio::spawn(async move { service.serve(listener, async { _ = ended.await }).await });

    let (done, released) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(1)));
    let clients = (0..CLIENTS).map(|client| tokio::spawn(ask(address, client, done.clone())));
    let clients: Vec<_> = clients.collect();
    let began = Instant::now();
    while began.elapsed() < time {
        tokio::time::sleep(Duration::from_millis(500)).await;
        release(&store, &cx, released.fetch_add(1, Ordering::Relaxed))?;
    }
    done.store(true, Ordering::Relaxed);
    let mut all = Seen::default();
    for seen in join_all(clients).await {
        let seen = seen.expect("no panic");
        all.own.extend(seen.own);
        all.whole.extend(seen.whole);
        all.errors += seen.errors;
    }
    let took = began.elapsed();
    drop(following);
    let _ = end.send(());
    serving.await.expect("no panic")?;

    all.own.sort_unstable();
    all.whole.sort_unstable();
    let requests = all.whole.len();
    println!(
        "{CLIENTS} clients for {:.0} s, a model of 50 to 100 ms, {} releases under load",
        took.as_secs_f64(),
        released.load(Ordering::Relaxed)
    );
    println!(
        "{requests} requests, {} errors, {:.0} requests/s",
        all.errors,
        requests as f64 / took.as_secs_f64()
    );
    for (what, times) in [("whole request", &all.whole), ("without the model", &all.own)] {
        println!("{what:>18}: p50 {:>7.2} ms, p99 {:>7.2} ms", percentile(times, 50), percentile(times, 99));
    }
    Ok(())
}

/// Promotes one more version.
fn release(store: &Store, cx: &Context, number: u64) -> Result<()> {
    let program = Predict::<Took>::new();
    let mut state = program.state();
    state.get_mut("self").expect("its path").instructions =
        format!("Say how long it took, for the {number}. time.");
    let added = store.add(&Artifact::new(&program.with_state(&state)?, cx.lm().id()))?;
    store.promote_anyway(&added, "a benchmark").map(drop)
}

/// One client: a request after the other over one connection.
async fn ask(address: SocketAddr, client: usize, done: Arc<AtomicBool>) -> Seen {
    let mut seen = Seen::default();
    let stream = TcpStream::connect(address).await.expect("it listens");
    let _ = stream.set_nodelay(true);
    let mut stream = BufReader::new(stream);
    let body = format!("{{\"text\": \"{}\"}}", "x".repeat(client));
    let request = format!(
        "POST /run HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    while !done.load(Ordering::Relaxed) {
        let began = Instant::now();
        let answer = answer(&mut stream, &request).await;
        let whole = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        match answer {
            Some(model) => {
                seen.whole.push(whole);
                seen.own.push(whole.saturating_sub(model));
            }
            None => {
                seen.errors += 1;
                let again = TcpStream::connect(address).await.expect("it listens");
                stream = BufReader::new(again);
            }
        }
    }
    seen
}

/// How long the model says it took, if the answer is a good one.
async fn answer(stream: &mut BufReader<TcpStream>, request: &str) -> Option<u64> {
    stream.get_mut().write_all(request.as_bytes()).await.ok()?;
    let (mut line, mut length) = (String::new(), 0);
    stream.read_line(&mut line).await.ok()?;
    let good = line.starts_with("HTTP/1.1 200");
    loop {
        line.clear();
        stream.read_line(&mut line).await.ok()?;
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
    body["output"]["micros"].as_u64().filter(|_| good)
}

fn percentile(sorted: &[u64], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).map_or(0.0, |micros| *micros as f64 / 1000.0)
}
