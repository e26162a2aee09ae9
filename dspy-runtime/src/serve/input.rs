//! The reading of a request's body as the program's typed input.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::Value;

use super::Settings;
use super::problem::Problem;
use crate::signature::{Described, Fields};
use crate::value::{Prepare, Record};

/// Reads an input, within the limits of size and time.
pub(super) async fn read<I: Fields>(
    headers: &HeaderMap,
    body: Body,
    settings: &Settings,
    prepare: Option<&Prepare>,
) -> Result<I, Problem> {
    if !is_json(headers) {
        let detail = "the body must be JSON: send `content-type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", detail));
    }
    let bytes = bytes(headers, body, settings).await?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "json", format!("the body is not JSON: {error}"))
    })?;
    let Value::Object(fields) = value else {
        let detail = "the body must be a JSON object with the program's inputs";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "json", detail));
    };
    let mut record: Record = fields.into_iter().collect();
    if let Some(prepare) = prepare {
        prepare(&mut record).map_err(|error| Problem::run(&error))?;
    }
    Described::read(record).map_err(|error| Problem::input(&error))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

async fn bytes(headers: &HeaderMap, body: Body, settings: &Settings) -> Result<Vec<u8>, Problem> {
    let too_large = || {
        let detail = format!("the body may have at most {} bytes", settings.max_body);
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_size", detail)
    };
    let said = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if said.is_some_and(|length: u64| length > settings.max_body as u64) {
        return Err(too_large());
    }
    let reading = Limited::new(body, settings.max_body).collect();
    match tokio::time::timeout(settings.read_timeout, reading).await {
        Ok(Ok(body)) => Ok(body.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST, "body", "the body broke off")),
        Err(_) => {
            let detail = format!("the body did not come within {:?}", settings.read_timeout);
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "body_time", detail))
        }
    }
}
