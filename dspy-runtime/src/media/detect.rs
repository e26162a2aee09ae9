//! The detection of media types by their first bytes.

use super::MediaKind;

/// Beginnings, where they stand, and the media type that they tell.
const SIGNS: [(usize, &[u8], &str); 15] = [
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"BM", "image/bmp"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"OggS", "audio/ogg"),
    (4, b"ftypM4A", "audio/mp4"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
];

/// Endings of names that tell more than the bytes.
const ENDINGS: [(&str, &str); 8] = [
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("json", "application/json"),
    ("html", "text/html"),
    ("xml", "application/xml"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// The media type of bytes that must be of a kind.
pub(super) fn media_type(kind: MediaKind, bytes: &[u8], name: Option<&str>) -> Result<&'static str, String> {
    let signed =
        |(at, sign, _): &&(usize, &[u8], &str)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(sign));
    let found = SIGNS.iter().find(signed).map(|(_, _, media_type)| *media_type);
    match kind {
        MediaKind::Image => found
            .filter(|found| found.starts_with("image/"))
            .ok_or_else(|| "the bytes are no PNG, JPEG, GIF, WebP or BMP image".to_owned()),
        MediaKind::Audio => found
            .filter(|found| found.starts_with("audio/"))
            .ok_or_else(|| "the bytes are no WAV, MP3, FLAC, Ogg or M4A sound".to_owned()),
        MediaKind::File => {
            let ending = name.and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending.to_lowercase());
            let named = ENDINGS.iter().find(|(known, _)| ending.as_deref() == Some(*known));
            let text =
                || std::str::from_utf8(bytes).is_ok_and(|text| !text.contains('\0')).then_some("text/plain");
            Ok(named
                .map(|(_, media_type)| *media_type)
                .or(found)
                .or_else(text)
                .unwrap_or("application/octet-stream"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_by_their_bytes() {
        let of = |kind, bytes: &[u8]| media_type(kind, bytes, None);
        assert_eq!(of(MediaKind::Image, b"RIFF\0\0\0\0WEBPVP8 "), Ok("image/webp"));
        assert_eq!(of(MediaKind::Audio, b"RIFF\0\0\0\0WAVEfmt "), Ok("audio/wav"));
        assert!(of(MediaKind::Image, b"root:x:0:0").is_err() && of(MediaKind::Image, b"%PDF-1.7").is_err());
        assert!(of(MediaKind::Audio, b"").is_err());
        assert_eq!(of(MediaKind::File, b"a,b\n"), Ok("text/plain"));
        assert_eq!(media_type(MediaKind::File, b"a,b\n", Some("x.CSV")), Ok("text/csv"));
        assert_eq!(of(MediaKind::File, b"\0\x01"), Ok("application/octet-stream"));
    }
}
