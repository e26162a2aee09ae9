//! A server that keeps what it is sent and answers what it is told.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Came {
    /// Method, path and query: `POST /v1/messages`.
    pub line: String,
    /// The headers in lower case, one a line.
    pub headers: Vec<(String, String)>,
    pub body: Value,
}

/// An answer.
pub struct Canned {
    head: String,
    parts: Vec<Vec<u8>>,
    never: Never,
}

/// The way in which an answer does not come.
#[derive(Clone, Copy, PartialEq)]
enum Never {
    /// It comes.
    Comes,
    /// The connection is closed.
    Closed,
    /// Nothing happens.
    Hangs,
}

/// A running server; it ends with the value.
pub struct Wire {
    address: std::net::SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
    listening: JoinHandle<()>,
}

impl Canned {
    pub fn json(status: u16, body: &Value) -> Self {
        let body = body.to_string().into_bytes();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nx-request-id: req_7\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        Self { head, parts: vec![body], never: Never::Comes }
    }

    /// Adds a header to the answer.
    pub fn header(mut self, line: &str) -> Self {
        self.head.push_str(&format!("{line}\r\n"));
        self
    }

    /// A stream that is closed at its end, in pieces that cut lines and characters.
    pub fn events(text: &str) -> Self {
        let head = "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n".to_owned();
        Self { head, parts: text.as_bytes().chunks(53).map(<[u8]>::to_vec).collect(), never: Never::Comes }
    }
}

impl Canned {
    /// No answer, and a connection that is closed.
    pub fn closed() -> Self {
        Self { head: String::new(), parts: Vec::new(), never: Never::Closed }
    }

    /// No answer, ever.
    pub fn hangs() -> Self {
        Self { head: String::new(), parts: Vec::new(), never: Never::Hangs }
    }

    /// A text, whole.
    pub fn text(text: &str) -> Self {
        let head = format!(
            "HTTP/1.1 200 X\r\ncontent-type: application/x-jsonl\r\nconnection: close\r\ncontent-length: {}\r\n",
            text.len()
        );
        Self { head, parts: vec![text.as_bytes().to_vec()], never: Never::Comes }
    }

    /// Whatever came before the connection was closed.
    pub fn bytes(bytes: &[u8]) -> Self {
        let head = "HTTP/1.1 200 X\r\ncontent-type: text/event-stream\r\nconnection: close\r\n".to_owned();
        Self { head, parts: vec![bytes.to_vec()], never: Never::Comes }
    }
}

impl Came {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Wire {
    pub async fn start(answer: impl Fn(&Came) -> Canned + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let came = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), came.clone());
        let listening = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, kept) = (answer.clone(), kept.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    let request = read(&mut stream).await?;
                    let canned = answer(&request);
                    kept.lock().expect("no panic").push(request);
                    match canned.never {
                        Never::Comes => {}
                        Never::Closed => return None,
                        Never::Hangs => std::future::pending().await,
                    }
                    let _ = stream.write_all(format!("{}\r\n", canned.head).as_bytes()).await;
                    for part in canned.parts {
                        let _ = stream.write_all(&part).await;
                        let _ = stream.flush().await;
                        tokio::task::yield_now().await;
                    }
                    Some(())
                });
            }
        });
        Self { address, came, listening }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The last request.
    pub fn last(&self) -> Came {
        self.came.lock().expect("no panic").last().cloned().expect("a request came")
    }

    /// All requests, in the order in which they came.
    pub fn all(&self) -> Vec<Came> {
        self.came.lock().expect("no panic").clone()
    }

    pub fn count(&self) -> usize {
        self.came.lock().expect("no panic").len()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Came> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length.map_or(Some(0), |(_, length)| length.parse().ok())?];
    stream.read_exact(&mut body).await.ok()?;
    Some(Came { line, headers, body: read_body(&body)? })
}

/// JSON, or else a text; nothing is null.
fn read_body(body: &[u8]) -> Option<Value> {
    match body {
        [] => Some(Value::Null),
        _ => serde_json::from_slice(body)
            .ok()
            .or_else(|| String::from_utf8(body.to_vec()).ok().map(Value::from)),
    }
}
