//! Attributes that are lists: no field of `tracing` holds one, so the library tells them as the text of their JSON.

use std::time::Duration;

use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};

/// The attributes of the conventions that are lists of texts.
const LISTS: [&str; 2] = ["gen_ai.request.stop_sequences", "gen_ai.response.finish_reasons"];

/// An exporter that makes lists of them before it hands spans on.
#[derive(Debug)]
pub struct Lists<E>(pub E);

fn list(pair: &mut KeyValue) {
    if !LISTS.contains(&pair.key.as_str()) {
        return;
    }
    let texts = serde_json::from_str::<Vec<String>>(&pair.value.as_str());
    if let Ok(texts) = texts {
        pair.value = Value::Array(Array::String(texts.into_iter().map(StringValue::from).collect()));
    }
}

impl<E: SpanExporter> SpanExporter for Lists<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().flat_map(|span| &mut span.attributes).for_each(list);
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
