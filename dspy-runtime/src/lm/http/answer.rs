//! A provider's answer, and its headers.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::lm::RateLimit;

/// The head of an answer.
pub(in crate::lm) struct Head {
    pub(in crate::lm) status: StatusCode,
    pub(in crate::lm) retry_after: Option<Duration>,
    pub(in crate::lm) request_id: Option<String>,
    /// Bedrock's name for an error.
    pub(in crate::lm) error_type: Option<String>,
    /// The provider's remaining limits.
    pub(in crate::lm) rate_limit: Option<RateLimit>,
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
            rate_limit: rate_limit(headers),
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

/// Reads the limits of OpenAI and those like it, or of Anthropic. When Anthropic takes all again is a
/// time of its clock, which ours need not agree with, so it is left.
fn rate_limit(headers: &HeaderMap) -> Option<RateLimit> {
    let number = |names: [&str; 2]| names.iter().find_map(|name| header(headers, name)?.trim().parse().ok());
    let reset = |name| header(headers, name).and_then(|text| duration(&text));
    let limit = RateLimit {
        requests: number(["x-ratelimit-remaining-requests", "anthropic-ratelimit-requests-remaining"]),
        requests_reset: reset("x-ratelimit-reset-requests"),
        tokens: number(["x-ratelimit-remaining-tokens", "anthropic-ratelimit-tokens-remaining"]),
        tokens_reset: reset("x-ratelimit-reset-tokens"),
    };
    (limit != RateLimit::default()).then_some(limit)
}

/// A time such as `6m0s`, `1.5s` or `20ms`.
fn duration(text: &str) -> Option<Duration> {
    let (mut seconds, mut rest) = (0.0, text.trim());
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, unit) = rest.split_at_checked(digits)?;
        let end = unit.find(|c: char| c.is_ascii_digit()).unwrap_or(unit.len());
        let (unit, next) = unit.split_at_checked(end)?;
        let scale = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * scale;
        rest = next;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_limits_are_read() {
        for (text, milliseconds) in
            [("6m0s", 360_000), ("1.5s", 1_500), ("20ms", 20), ("1h2m", 3_720_000), ("", 0)]
        {
            assert_eq!(duration(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["soon", "1", "1x", "1.2.3s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
