//! Bytes in the form in which they are sent.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::MediaKind;
use super::detect;

/// Bytes as a `data:` URI, encoded once.
pub(super) struct Data {
    uri: String,
    /// The end of the media type.
    media_type: usize,
    /// The beginning of the base64.
    base64: usize,
}

const SCHEME: &str = "data:";
const BASE64: &str = ";base64,";

impl Data {
    pub(super) fn new(kind: MediaKind, bytes: &[u8], name: Option<&str>) -> Result<Self, String> {
        let media_type = detect::media_type(kind, bytes, name)?;
        let mut uri = format!("{SCHEME}{media_type}");
        let end = uri.len();
        if let Some(name) = name {
            uri.push_str(";name=");
            uri.extend(name.bytes().map(quoted));
        }
        uri.push_str(BASE64);
        let base64 = uri.len();
        STANDARD.encode_string(bytes, &mut uri);
        Ok(Self { uri, media_type: end, base64 })
    }

    /// Reads a `data:` URI.
    pub(super) fn parse(kind: MediaKind, text: &str) -> Result<Self, &'static str> {
        let (head, base64) = text.split_once(BASE64).ok_or("a data URI must be in base64")?;
        let media_type = SCHEME.len()
            + head.get(SCHEME.len()..).unwrap_or_default().find(';').unwrap_or(head.len() - SCHEME.len());
        let data = Self { uri: text.to_owned(), media_type, base64: text.len() - base64.len() };
        let symbol = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        let padded = base64.trim_end_matches('=');
        if base64.len() % 4 != 0 || base64.len() - padded.len() > 2 || !padded.bytes().all(symbol) {
            return Err("the base64 of a data URI is broken");
        }
        let fits = match kind {
            MediaKind::Image => data.media_type().starts_with("image/"),
            MediaKind::Audio => data.media_type().starts_with("audio/"),
            MediaKind::File => !data.media_type().is_empty(),
        };
        if fits { Ok(data) } else { Err("the media type of a data URI is of another kind") }
    }

    pub(super) fn uri(&self) -> &str {
        &self.uri
    }

    pub(super) fn media_type(&self) -> &str {
        self.uri.get(SCHEME.len()..self.media_type).unwrap_or_default()
    }

    pub(super) fn base64(&self) -> &str {
        self.uri.get(self.base64..).unwrap_or_default()
    }

    pub(super) fn name(&self) -> Option<String> {
        let parameters = self.uri.get(self.media_type..self.base64)?;
        let name = parameters.split(';').find_map(|parameter| parameter.strip_prefix("name="))?;
        Some(unquoted(name))
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.media_type(), size(self.base64()))
    }
}

/// Returns the number of bytes that base64 stands for.
pub(super) fn size(base64: &str) -> String {
    let padding = base64.bytes().rev().take(2).filter(|byte| *byte == b'=').count();
    let bytes = (base64.len() / 4 * 3).saturating_sub(padding);
    #[allow(clippy::cast_precision_loss)]
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", (bytes + 500) / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// A byte of a name as it may stand in a URI.
fn quoted(byte: u8) -> String {
    match byte {
        b if b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') => char::from(b).to_string(),
        b => format!("%{b:02X}"),
    }
}

fn unquoted(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let escape = rest.strip_prefix('%').and_then(|rest| u8::from_str_radix(rest.get(..2)?, 16).ok());
        bytes.push(escape.unwrap_or(first));
        rest = rest.get(if escape.is_some() { 3 } else { 1 }..).unwrap_or_default();
        if escape.is_none() && !first.is_ascii() {
            return text.to_owned();
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_and_names_are_quoted() {
        let data = Data::new(MediaKind::File, b"%PDF-1.7", Some("été 1;2.pdf")).expect("a PDF");
        assert_eq!(data.uri(), "data:application/pdf;name=%C3%A9t%C3%A9%201%3B2.pdf;base64,JVBERi0xLjc=");
        let read = Data::parse(MediaKind::File, data.uri()).expect("its own form");
        assert_eq!((read.media_type(), read.base64()), ("application/pdf", "JVBERi0xLjc="));
        assert_eq!(read.name().as_deref(), Some("été 1;2.pdf"));
        assert_eq!(read.to_string(), "application/pdf, 8 bytes");
    }

    #[test]
    fn what_is_no_data_of_the_kind_is_refused() {
        for text in [
            "data:",
            "data:image/png,abc",
            "data:image/png;base64,a",
            "data:image/png;base64,a*==",
            "data:image/png;base64,====",
            "data:audio/wav;base64,QUJD",
            "data:;base64,QUJD",
        ] {
            assert!(Data::parse(MediaKind::Image, text).is_err(), "{text}");
        }
        assert!(Data::parse(MediaKind::Image, "data:image/webp;base64,QUI=").is_ok());
    }

    #[test]
    fn sizes_are_short() {
        let of = |bytes: usize| size(&STANDARD.encode(vec![0; bytes]));
        assert_eq!((of(0), of(532), of(12_345)), ("0 bytes".into(), "532 bytes".into(), "12 KB".into()));
        assert_eq!(of(3_400_000), "3.4 MB");
    }
}
