//! An OpenAI-compatible server on loopback that can be told to fail.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dspy::lm::{LanguageModel, Lexical, Message, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// What the server does with a call.
pub enum Act {
    /// Answers with a chat completion of this text.
    Say(String),
    /// Answers with a status, a header line and a body.
    Status(u16, &'static str, String),
    /// Reads the call and closes the connection.
    Drop,
    /// Says that more is to come, and closes the connection.
    Cut,
    /// Never answers.
    Hang,
    /// Sends the beginning of a stream, and then waits until nobody reads any more.
    Begin(String),
}

/// A running server; it ends with the value.
pub struct Server {
    pub address: SocketAddr,
    calls: Arc<AtomicU64>,
    given_up: Arc<Semaphore>,
    listening: JoinHandle<()>,
}

type Script = Arc<dyn Fn(u64, &Value) -> Act + Send + Sync>;

impl Server {
    /// Serves what a closure makes of the number of a call, from 0, and its body.
    pub async fn start(script: impl Fn(u64, &Value) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let calls = Arc::new(AtomicU64::new(0));
        let given_up = Arc::new(Semaphore::new(0));
        let ends = given_up.clone();
        let (script, counted): (Script, _) = (Arc::new(script), calls.clone());
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), counted.clone(), ends.clone()));
            }
        });
        Self { address, calls, given_up, listening }
    }

    /// Serves the built-in model, so that a program behaves as it does in the process.
    pub async fn lexical(fault: impl Fn(u64) -> Option<Act> + Send + Sync + 'static) -> Self {
        let model = Lexical::new();
        Self::start(move |call, body| fault(call).unwrap_or_else(|| Act::Say(think(&model, body)))).await
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Waits until one more call was given up while its answer was under way.
    pub async fn given_up(&self) {
        self.given_up.acquire().await.expect("never closed").forget();
    }

    /// How many calls came in.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn think(model: &Lexical, body: &Value) -> String {
    let messages: Vec<Message> = serde_json::from_value(body["messages"].clone()).expect("messages");
    let mut request = Request::from(messages);
    request.sampling.temperature = body["temperature"].as_f64();
    let response = futures_util::future::FutureExt::now_or_never(model.complete(&request));
    response.expect("it answers at once").expect("it never fails").text
}

async fn serve(
    stream: TcpStream,
    script: Script,
    calls: Arc<AtomicU64>,
    given_up: Arc<Semaphore>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let body = read(&mut stream).await?;
        let call = calls.fetch_add(1, Ordering::SeqCst);
        let (status, header, body) = match script(call, &body) {
            Act::Say(text) => (200, "x-request-id: test", completion(&text)),
            Act::Status(status, header, body) => (status, header, body),
            Act::Drop => return None,
            Act::Cut => {
                let _ =
                    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"choices\":").await;
                return None;
            }
            Act::Hang => std::future::pending().await,
            Act::Begin(text) => {
                let head =
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000000\r\n\r\n";
                let _ = stream.write_all(format!("{head}{text}").as_bytes()).await;
                while stream.read_u8().await.is_ok() {}
                given_up.add_permits(1);
                return None;
            }
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{header}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.ok()?;
        stream.write_all(body.as_bytes()).await.ok()?;
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Value> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse().ok()?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    serde_json::from_slice(&body).ok()
}

fn completion(text: &str) -> String {
    json!({
        "id": "x",
        "model": "served",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 2},
    })
    .to_string()
}

/// Answers every request with the same bytes, whatever it asks for.
pub async fn fixed(head: &'static str, body: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head_read = Vec::new();
            while !head_read.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head_read.push(byte),
                    Err(_) => break,
                }
            }
            let _ = stream.write_all(&[head.as_bytes(), body].concat()).await;
        }
    });
    address
}
