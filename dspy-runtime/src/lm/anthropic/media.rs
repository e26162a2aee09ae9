//! The media that messages can show.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::media::{Media, MediaKind};

const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Returns the reason the protocol has no place for something.
pub(in crate::lm) fn refused(media: &Media) -> Option<String> {
    let media_type = media.media_type().unwrap_or_default();
    let found = || if media_type.is_empty() { "this one" } else { media_type };
    match media.kind() {
        MediaKind::Audio => Some("it takes no sound".to_owned()),
        _ if media.url().is_some() || media.is_unread() => None,
        MediaKind::Image => (!IMAGES.contains(&media_type))
            .then(|| format!("it takes PNG, JPEG, GIF and WebP alone, not {}", found())),
        MediaKind::File if media_type == "application/pdf" || text(media).is_some() => None,
        MediaKind::File => Some(format!("it takes PDF and text files alone, not {}", found())),
    }
}

/// A block of a message.
pub(super) fn block(media: &Media) -> Value {
    let kind = if media.kind() == MediaKind::Image { "image" } else { "document" };
    if let Some(url) = media.url() {
        return json!({"type": kind, "source": {"type": "url", "url": url}});
    }
    let media_type = media.media_type().unwrap_or_default();
    let source = match text(media) {
        Some(text) => json!({"type": "text", "media_type": "text/plain", "data": text}),
        None => json!({
            "type": "base64", "media_type": media_type, "data": media.base64().unwrap_or_default(),
        }),
    };
    match media.file_name().filter(|_| kind == "document") {
        Some(name) => json!({"type": kind, "source": source, "title": name}),
        None => json!({"type": kind, "source": source}),
    }
}

/// The text of a file that is text.
fn text(media: &Media) -> Option<String> {
    let media_type = media.media_type()?;
    let is_text = media_type.starts_with("text/") || media_type == "application/json";
    let bytes = STANDARD.decode(media.base64().filter(|_| is_text)?).ok()?;
    String::from_utf8(bytes).ok()
}
