//! Program and LM calls as spans in a collector, by OpenTelemetry's protocol over HTTP.
//!
//! ```console
//! $ cargo run --manifest-path examples/otlp/Cargo.toml
//! $ OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 cargo run --manifest-path examples/otlp/Cargo.toml
//! ```
//!
//! Without an endpoint it starts a collector of its own and prints what that one receives. The texts of prompts and
//! replies are exported only with `OTLP_CONTENTS=1`: they are as confidential as the data.

mod collector;
mod program;

use std::error::Error;

use collector::Collector;
use dspy::{Context, Lm};
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use program::{Reader, ReviewInput};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[tokio::main]
async fn main() -> Outcome<()> {
    // Another part of the process may have chosen before; either will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let own = match std::env::var_os(ENDPOINT) {
        Some(_) => None,
        None => Some(Collector::start()?),
    };
    let provider = provider(own.as_ref())?;
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("dspy"));
    tracing_subscriber::registry().with(layer).init();

    let contents = std::env::var_os("OTLP_CONTENTS").is_some();
    let cx = Context::new(Lm::from_env()?).with_traced_contents(contents);
    let input = ReviewInput {
        product: "kettle that boils water".into(),
        review: "It came on a Tuesday. This kettle boils water in a minute, I love it. Thanks to the shop!"
            .into(),
    };
    let digest = Reader::new().call(&cx, input).await?;
    println!("{:?}: {}\n", digest.tone, digest.sentence);

    // Sends what is waiting; a process that ends without it loses its last spans.
    provider.shutdown()?;
    match own {
        Some(collector) => report(&collector),
        None => println!("the spans are where {ENDPOINT} says"),
    }
    Ok(())
}

/// Sends spans in batches, from a thread of its own, to the collector or to where the environment says.
fn provider(own: Option<&Collector>) -> Outcome<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_http();
    let exporter = match own {
        Some(collector) => exporter.with_endpoint(collector.traces()).build()?,
        None => exporter.build()?,
    };
    let resource = Resource::builder().with_service_name("dspy-example").build();
    Ok(SdkTracerProvider::builder().with_resource(resource).with_batch_exporter(exporter).build())
}

fn report(collector: &Collector) {
    let mut spans = collector.received();
    spans.sort_by_key(|span| span.started);
    println!("the collector received {} spans:", spans.len());
    for span in &spans {
        let inside = spans.iter().find(|other| other.id == span.parent);
        println!("- {}{}", span.name, inside.map_or(String::new(), |outer| format!(", in `{}`", outer.name)));
        for (name, value) in &span.attributes {
            println!("    {name} = {value}");
        }
    }
}
