//! The metrics of a service, for Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::lm::Usage;

/// Seconds of requests that wait for a model.
const LONG: [f64; 12] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// Seconds of what the service itself takes.
const SHORT: [f64; 10] = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25];

type Labels = Vec<(&'static str, String)>;

#[derive(Debug)]
pub(super) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    in_flight: Gauge,
    seconds: Histogram,
    own_seconds: Histogram,
    lm_calls: Counter,
    lm_hits: Counter,
    lm_retries: Counter,
    tokens: Family<Labels, Counter>,
    release: Gauge<u64, AtomicU64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("dspy");
        let metrics = Self {
            requests: Family::default(),
            in_flight: Gauge::default(),
            seconds: Histogram::new(LONG),
            own_seconds: Histogram::new(SHORT),
            lm_calls: Counter::default(),
            lm_hits: Counter::default(),
            lm_retries: Counter::default(),
            tokens: Family::default(),
            release: Gauge::default(),
            registry: Registry::default(),
        };
        registry.register("requests", "Requests to run the program, by status", metrics.requests.clone());
        registry.register("in_flight", "Requests under way", metrics.in_flight.clone());
        let (seconds, own) = (metrics.seconds.clone(), metrics.own_seconds.clone());
        registry.register_with_unit("run", "How long runs took", Unit::Seconds, seconds);
        let help = "How long runs took without their LM calls, where these are one after another";
        registry.register_with_unit("own", help, Unit::Seconds, own);
        registry.register("lm_calls", "LM calls, with those that a cache answered", metrics.lm_calls.clone());
        registry.register("lm_cache_hits", "LM calls that a cache answered", metrics.lm_hits.clone());
        registry.register("lm_retries", "LM calls that were made again", metrics.lm_retries.clone());
        registry.register("tokens", "Tokens of prompts and replies", metrics.tokens.clone());
        registry.register(
            "release",
            "The version of the artifact that is served, 0 for none",
            metrics.release.clone(),
        );
        Self { registry, ..metrics }
    }
}

impl Metrics {
    /// A request that was answered.
    pub(super) fn answered(&self, status: u16) {
        self.requests.get_or_create(&vec![("status", status.to_string())]).inc();
    }

    /// A run that ended.
    pub(super) fn ran(&self, usage: Usage, took: Duration, waited: Duration) {
        self.seconds.observe(took.as_secs_f64());
        self.own_seconds.observe(took.saturating_sub(waited).as_secs_f64());
        self.lm_calls.inc_by(usage.calls);
        self.lm_hits.inc_by(usage.hits);
        self.lm_retries.inc_by(usage.retries);
        for (kind, tokens) in [("input", usage.input_tokens), ("output", usage.output_tokens)] {
            self.tokens.get_or_create(&vec![("kind", kind.to_owned())]).inc_by(tokens);
        }
    }

    /// Counts a request as under way for as long as the guard lives.
    pub(super) fn under_way(&self) -> UnderWay {
        self.in_flight.inc();
        UnderWay(self.in_flight.clone())
    }

    pub(super) fn text(&self, release: u64) -> String {
        self.release.set(release);
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

pub(super) struct UnderWay(Gauge);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}
