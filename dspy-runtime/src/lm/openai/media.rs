//! The media that chat completions can show.

use crate::media::{Media, MediaKind};

/// Returns the reason the protocol has no place for something.
pub(super) fn refused(media: &Media) -> Option<String> {
    match media.kind() {
        MediaKind::Image => None,
        kind if media.url().is_some() => {
            Some(format!("chat completions take no {kind} by its address; `download` it first"))
        }
        MediaKind::Audio if sound(media).is_none() => {
            let found = media.media_type().unwrap_or("this one");
            Some(format!("chat completions take WAV and MP3 alone, not {found}"))
        }
        _ => None,
    }
}

/// The protocol's word for a sound's format.
pub(super) fn sound(media: &Media) -> Option<&'static str> {
    match media.media_type()? {
        "audio/wav" | "audio/x-wav" | "audio/wave" => Some("wav"),
        "audio/mpeg" | "audio/mp3" => Some("mp3"),
        _ => None,
    }
}
