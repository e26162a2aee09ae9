//! What a provider answered, and what its headers say.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

/// The head of an answer.
pub(in crate::lm) struct Head {
    pub(in crate::lm) status: StatusCode,
    pub(in crate::lm) retry_after: Option<Duration>,
    pub(in crate::lm) request_id: Option<String>,
    /// What Bedrock calls an error.
    pub(in crate::lm) error_type: Option<String>,
}

/// The names under which providers give the name of a call.
const REQUEST_ID: [&str; 4] = ["x-request-id", "request-id", "x-amzn-requestid", "apim-request-id"];

impl Head {
    pub(in crate::lm) fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        Self {
            status,
            retry_after: retry_after(headers),
            request_id: REQUEST_ID.iter().find_map(|name| header(headers, name)),
            error_type: header(headers, "x-amzn-errortype"),
        }
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// The wait that `retry-after-ms` or `retry-after` (seconds) asks for. The date form is not used by
/// LM providers and counts as no wish.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| header(headers, name)?.trim().parse::<f64>().ok();
    let seconds = number("retry-after-ms").map(|ms| ms / 1000.0).or_else(|| number("retry-after"))?;
    Duration::try_from_secs_f64(seconds).ok()
}
