//! The smallest collector: takes spans on a port of this machine and keeps what they say of models.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1;
use prost::Message;

/// Listens until the process ends.
pub struct Collector {
    address: SocketAddr,
    spans: Arc<Mutex<Vec<Span>>>,
}

/// A span as it came.
#[derive(Clone)]
pub struct Span {
    pub name: String,
    pub id: Vec<u8>,
    pub parent: Vec<u8>,
    pub started: u64,
    /// The spans of models and of this library.
    pub attributes: BTreeMap<String, String>,
}

impl Collector {
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (address, spans) = (listener.local_addr()?, Arc::default());
        let kept = Arc::clone(&spans);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Err(error) = serve(&stream, &kept) {
                    eprintln!("a request could not be read: {error}");
                }
            }
        });
        Ok(Self { address, spans })
    }

    /// Returns the address to which spans go.
    pub fn traces(&self) -> String {
        format!("http://{}/v1/traces", self.address)
    }

    pub fn received(&self) -> Vec<Span> {
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Answers the requests of a connection, one after another, until it is closed.
fn serve(stream: &TcpStream, spans: &Mutex<Vec<Span>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(length) = head(&mut reader)? {
        let mut body = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut body)?;
        let request = ExportTraceServiceRequest::decode(body.as_slice()).map_err(io::Error::other)?;
        let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        let came = scopes.flat_map(|scope| scope.spans).map(Span::from);
        spans.lock().unwrap_or_else(PoisonError::into_inner).extend(came);
        // An empty message says that all was taken.
        let mut answer = stream;
        answer.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
        )?;
    }
    Ok(())
}

/// Reads the head of a request, and says how long its body is.
fn head(reader: &mut impl BufRead) -> io::Result<Option<u64>> {
    let (mut length, mut line) = (0, String::new());
    while reader.read_line(&mut line)? > 0 {
        let said = line.trim().to_ascii_lowercase();
        if said.is_empty() {
            return Ok(Some(length));
        }
        if let Some(value) = said.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        line.clear();
    }
    Ok(None)
}

impl From<v1::Span> for Span {
    fn from(span: v1::Span) -> Self {
        let attributes = span.attributes.into_iter();
        let attributes =
            attributes.filter(|pair| pair.key.starts_with("gen_ai.") || pair.key.starts_with("dspy."));
        Self {
            name: span.name,
            id: span.span_id,
            parent: span.parent_span_id,
            started: span.start_time_unix_nano,
            attributes: attributes.map(|pair| (pair.key, text(pair.value))).collect(),
        }
    }
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(said)) => said.to_string(),
        other => format!("{other:?}"),
    }
}
