//! The media that Converse can show.

use serde_json::{Value, json};

use crate::media::{Media, MediaKind};

/// Media types and Bedrock's words for them.
const IMAGES: [(&str, &str); 4] =
    [("image/png", "png"), ("image/jpeg", "jpeg"), ("image/gif", "gif"), ("image/webp", "webp")];
const SOUNDS: [(&str, &str); 10] = [
    ("audio/wav", "wav"),
    ("audio/mpeg", "mp3"),
    ("audio/flac", "flac"),
    ("audio/ogg", "ogg"),
    ("audio/mp4", "m4a"),
    ("audio/aac", "aac"),
    ("audio/opus", "opus"),
    ("audio/webm", "webm"),
    ("audio/matroska", "mka"),
    ("audio/x-matroska", "mka"),
];
const DOCUMENTS: [(&str, &str); 5] = [
    ("application/pdf", "pdf"),
    ("text/plain", "txt"),
    ("text/csv", "csv"),
    ("text/html", "html"),
    ("text/markdown", "md"),
];

/// Returns the reason the protocol has no place for something.
pub(super) fn refused(media: &Media) -> Option<String> {
    match media.kind() {
        kind if media.url().is_some() => {
            Some(format!("it takes no {kind} by its address; `download` it first"))
        }
        _ if media.is_unread() || format(media).is_some() => None,
        kind => Some(format!("it takes no {kind} of the type {}", media.media_type().unwrap_or("it has"))),
    }
}

/// A block of a message; of a document, the place makes its name one of a kind.
pub(super) fn block(media: &Media, place: usize) -> Value {
    let source = json!({"bytes": media.base64().unwrap_or_default()});
    let format = format(media).unwrap_or_default();
    match media.kind() {
        MediaKind::Image => json!({"image": {"format": format, "source": source}}),
        MediaKind::Audio => json!({"audio": {"format": format, "source": source}}),
        // Bedrock takes few characters in a name, and no name twice.
        MediaKind::File => {
            json!({"document": {"format": format, "name": format!("document {}", place + 1), "source": source}})
        }
    }
}

fn format(media: &Media) -> Option<&'static str> {
    let found = media.media_type()?;
    let known: &[(&str, &str)] = match media.kind() {
        MediaKind::Image => &IMAGES,
        MediaKind::Audio => &SOUNDS,
        MediaKind::File => &DOCUMENTS,
    };
    known.iter().find(|(media_type, _)| *media_type == found).map(|(_, format)| *format)
}
