//! Measurements: their instruments as the conventions have them.

use opentelemetry_sdk::metrics::{Aggregation, Instrument, Stream};

/// Seconds up to which calls are counted, each twice the one before.
const CALLS: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/// The bounds for programs, which take longer.
const PROGRAMS: [f64; 13] = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6];

/// Unit and bounds of an instrument, which the fields of an event cannot tell.
pub fn view(instrument: &Instrument) -> Option<Stream> {
    let name = instrument.name();
    if !name.starts_with("gen_ai.") {
        return None;
    }
    let seconds = match name {
        "gen_ai.invoke_agent.duration" => PROGRAMS.as_slice(),
        name if name.ends_with(".duration") => &CALLS,
        _ => return Stream::builder().with_unit("{token}").build().ok(),
    };
    let (boundaries, record_min_max) = (seconds.to_vec(), true);
    let bounds = Aggregation::ExplicitBucketHistogram { boundaries, record_min_max };
    Stream::builder().with_unit("s").with_aggregation(bounds).build().ok()
}
