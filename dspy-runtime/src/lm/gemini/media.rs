//! The media that Gemini can show.

use serde_json::{Value, json};

use crate::media::{Media, MediaKind};

const IMAGES: [&str; 3] = ["image/png", "image/jpeg", "image/webp"];

/// Files that were given to Google before, the only addresses that it reads.
const UPLOADED: &str = "https://generativelanguage.googleapis.com/";

/// Returns the reason the protocol has no place for something.
pub(super) fn refused(media: &Media) -> Option<String> {
    let media_type = media.media_type().unwrap_or_default();
    match (media.kind(), media.url()) {
        (_, Some(url)) if url.starts_with(UPLOADED) => None,
        (_, Some(_)) => {
            Some("it takes nothing by its address but files of its own; `download` it first".to_owned())
        }
        (MediaKind::Image, None) if !media_type.is_empty() && !IMAGES.contains(&media_type) => {
            Some(format!("it takes PNG, JPEG and WebP alone, not {media_type}"))
        }
        _ => None,
    }
}

/// A part of a turn.
pub(super) fn part(media: &Media) -> Value {
    match media.url() {
        Some(url) => json!({"fileData": {"fileUri": url}}),
        None => json!({"inlineData": {
            "mimeType": media.media_type().unwrap_or_default(), "data": media.base64().unwrap_or_default(),
        }}),
    }
}
