//! Program and LM calls as spans and measurements in a collector, by OpenTelemetry's protocol over HTTP.
//!
//! ```console
//! $ cargo run --manifest-path examples/otlp/Cargo.toml
//! $ OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 cargo run --manifest-path examples/otlp/Cargo.toml
//! ```
//!
//! Without an endpoint it starts a collector of its own and prints what that one receives. The texts of prompts and
//! replies are exported only with `OTLP_CONTENTS=1`: they are as confidential as the data.

mod collector;
mod lists;
mod measures;
mod program;

use std::error::Error;

use collector::Collector;
use dspy::{Context, Lm};
use lists::Lists;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use program::{Reader, ReviewInput};
use tracing_opentelemetry::MetricsLayer;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
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
    let (tracers, meters) = (tracers(own.as_ref())?, meters(own.as_ref())?);
    // Measurements are events, which would else be told in the spans, too.
    let spans = tracing_opentelemetry::layer()
        .with_tracer(tracers.tracer("dspy"))
        .with_filter(filter_fn(|of| of.target() != "dspy::metrics"));
    tracing_subscriber::registry().with(spans).with(MetricsLayer::new(meters.clone())).init();

    let contents = std::env::var_os("OTLP_CONTENTS").is_some();
    let cx = Context::new(Lm::from_env_or_builtin()?).with_traced_contents(contents);
    let input = ReviewInput {
        product: "kettle that boils water".into(),
        review: "It came on a Tuesday. This kettle boils water in a minute, I love it. Thanks to the shop!"
            .into(),
    };
    let digest = Reader::new().call(&cx, input).await?;
    println!("{:?}: {}\n", digest.tone, digest.sentence);

    // Sends what is waiting; a process that ends without it loses its last spans.
    tracers.shutdown()?;
    meters.shutdown()?;
    match own {
        Some(collector) => report(&collector),
        None => println!("the spans and measurements are where {ENDPOINT} says"),
    }
    Ok(())
}

/// Sends spans in batches, from a thread of its own, to the collector or to where the environment says.
fn tracers(own: Option<&Collector>) -> Outcome<SdkTracerProvider> {
    let exporter = SpanExporter::builder().with_http();
    let exporter = match own {
        Some(collector) => exporter.with_endpoint(collector.traces()).build()?,
        None => exporter.build()?,
    };
    let provider = SdkTracerProvider::builder().with_resource(resource());
    Ok(provider.with_batch_exporter(Lists(exporter)).build())
}

/// Sends measurements every minute and at the end, likewise.
fn meters(own: Option<&Collector>) -> Outcome<SdkMeterProvider> {
    let exporter = MetricExporter::builder().with_http();
    let exporter = match own {
        Some(collector) => exporter.with_endpoint(collector.metrics()).build()?,
        None => exporter.build()?,
    };
    let provider = SdkMeterProvider::builder().with_resource(resource()).with_view(measures::view);
    Ok(provider.with_periodic_exporter(exporter).build())
}

fn resource() -> Resource {
    Resource::builder().with_service_name("dspy-example").build()
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
    println!("and measured:");
    for measure in collector.measured() {
        println!("- {measure}");
    }
}
