//! The media that responses can show.

use serde_json::{Value, json};

use crate::media::{Media, MediaKind};

/// Returns the reason the protocol has no place for something.
pub(super) fn refused(media: &Media) -> Option<String> {
    let is_sound = media.kind() == MediaKind::Audio;
    is_sound.then(|| "responses take no sound; chat completions do".to_owned())
}

/// A part of a message.
pub(super) fn part(media: &Media) -> Value {
    let uri = media.data_uri().or_else(|| media.url()).unwrap_or_default();
    match (media.kind(), media.url()) {
        (MediaKind::Image, _) => json!({"type": "input_image", "image_url": uri}),
        (_, Some(url)) => json!({"type": "input_file", "file_url": url}),
        _ => {
            let name = media.file_name().unwrap_or_else(|| "file".to_owned());
            json!({"type": "input_file", "filename": name, "file_data": uri})
        }
    }
}
