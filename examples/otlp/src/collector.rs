//! The smallest collector: takes spans and measurements on a port of this machine and keeps what they say of models.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric::Data, number_data_point};
use opentelemetry_proto::tonic::trace::v1;
use prost::Message;

/// Listens until the process ends.
pub struct Collector {
    address: SocketAddr,
    came: Arc<Mutex<Came>>,
}

#[derive(Default)]
struct Came {
    spans: Vec<Span>,
    measured: Vec<Measure>,
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

/// The measurements under one name, with all the same attributes.
#[derive(Clone)]
pub struct Measure {
    name: String,
    unit: String,
    /// The number of measurements, unless they are only counted.
    times: Option<u64>,
    sum: f64,
    attributes: BTreeMap<String, String>,
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, unit, sum, .. } = self;
        match self.times {
            Some(times) => write!(f, "{name} = {sum:.3} {unit} in {times}")?,
            None => write!(f, "{name} = {sum} {unit}")?,
        }
        self.attributes.iter().try_for_each(|(name, value)| write!(f, ", {name} = {value}"))
    }
}

impl Collector {
    pub fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let (address, came) = (listener.local_addr()?, Arc::default());
        let kept = Arc::clone(&came);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Err(error) = serve(&stream, &kept) {
                    eprintln!("a request could not be read: {error}");
                }
            }
        });
        Ok(Self { address, came })
    }

    /// Returns the address to which spans go.
    pub fn traces(&self) -> String {
        format!("http://{}/v1/traces", self.address)
    }

    /// Returns the address to which measurements go.
    pub fn metrics(&self) -> String {
        format!("http://{}/v1/metrics", self.address)
    }

    pub fn received(&self) -> Vec<Span> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).spans.clone()
    }

    pub fn measured(&self) -> Vec<Measure> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).measured.clone()
    }
}

/// Answers the requests of a connection, one after another, until it is closed.
fn serve(stream: &TcpStream, came: &Mutex<Came>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    while let Some(Head { path, length }) = head(&mut reader)? {
        let mut body = Vec::new();
        reader.by_ref().take(length).read_to_end(&mut body)?;
        let (spans, measured) = match path.ends_with("/metrics") {
            true => (Vec::new(), measured(&body)?),
            false => (spans(&body)?, Vec::new()),
        };
        let mut came = came.lock().unwrap_or_else(PoisonError::into_inner);
        came.spans.extend(spans);
        came.measured.extend(measured);
        drop(came);
        // An empty message says that all was taken.
        let mut answer = stream;
        answer.write_all(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
        )?;
    }
    Ok(())
}

fn spans(body: &[u8]) -> io::Result<Vec<Span>> {
    let request = ExportTraceServiceRequest::decode(body).map_err(io::Error::other)?;
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    Ok(scopes.flat_map(|scope| scope.spans).map(Span::from).collect())
}

fn measured(body: &[u8]) -> io::Result<Vec<Measure>> {
    let request = ExportMetricsServiceRequest::decode(body).map_err(io::Error::other)?;
    let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
    Ok(scopes.flat_map(|scope| scope.metrics).flat_map(measures).collect())
}

/// Returns the measurements of a metric, attributes by attributes.
fn measures(metric: Metric) -> Vec<Measure> {
    let Metric { name, unit, data, .. } = metric;
    let measure = |times, sum, attributes| Measure {
        name: name.clone(),
        unit: unit.clone(),
        times,
        sum,
        attributes: own(attributes),
    };
    match data {
        Some(Data::Sum(sum)) => {
            let points = sum.data_points.into_iter();
            let number = |value| match value {
                Some(number_data_point::Value::AsDouble(number)) => number,
                Some(number_data_point::Value::AsInt(number)) => number as f64,
                None => 0.0,
            };
            points.map(|point| measure(None, number(point.value), point.attributes)).collect()
        }
        Some(Data::Histogram(histogram)) => {
            let points = histogram.data_points.into_iter();
            let sum = |point: &Option<f64>| point.unwrap_or_default();
            points.map(|point| measure(Some(point.count), sum(&point.sum), point.attributes)).collect()
        }
        _ => Vec::new(),
    }
}

struct Head {
    path: String,
    length: u64,
}

/// Reads the head of a request.
fn head(reader: &mut impl BufRead) -> io::Result<Option<Head>> {
    let (mut path, mut length, mut line) = (None, 0, String::new());
    while reader.read_line(&mut line)? > 0 {
        let said = line.trim().to_ascii_lowercase();
        if said.is_empty() {
            return Ok(path.map(|path| Head { path, length }));
        }
        if let Some(value) = said.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
        path = path.or_else(|| said.split(' ').nth(1).map(str::to_owned));
        line.clear();
    }
    Ok(None)
}

impl From<v1::Span> for Span {
    fn from(span: v1::Span) -> Self {
        Self {
            name: span.name,
            id: span.span_id,
            parent: span.parent_span_id,
            started: span.start_time_unix_nano,
            attributes: own(span.attributes),
        }
    }
}

/// The attributes of models and of this library.
fn own(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let is_own = |pair: &KeyValue| ["gen_ai.", "dspy."].iter().any(|of| pair.key.starts_with(of));
    attributes.into_iter().filter(is_own).map(|pair| (pair.key, text(pair.value))).collect()
}

fn text(value: Option<AnyValue>) -> String {
    match value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(said)) => said.to_string(),
        Some(Value::ArrayValue(list)) => {
            let texts: Vec<_> = list.values.into_iter().map(|value| text(Some(value))).collect();
            format!("[{}]", texts.join(", "))
        }
        other => format!("{other:?}"),
    }
}
