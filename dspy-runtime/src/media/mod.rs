//! The media that a model can see beside text: images, sounds and files.

mod data;
mod detect;
mod types;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use data::Data;
pub use types::{Audio, File, Image};

use crate::error::{Error, Result};

/// The kind of medium.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A sound.
    Audio,
    /// A file, such as a PDF.
    File,
}

/// An image, a sound or a file: where it is, or what is in it. A clone shares the bytes.
///
/// It is what a message holds of an [`Image`], an [`Audio`] or a [`File`]. A file on this machine is read
/// once, when a call that shows it is rendered; nothing is ever downloaded unless asked for. It prints as
/// `image/png, 12 KB`, never as its bytes.
///
/// # Example
///
/// ```
/// use dspy::media::{Image, MediaKind};
///
/// let image = Image::bytes(*b"\x89PNG\r\n\x1a\n and so on")?;
/// let media = image.media();
/// assert_eq!((media.kind(), media.media_type()), (MediaKind::Image, Some("image/png")));
/// assert_eq!(media.to_string(), "image/png, 18 bytes");
/// assert_eq!(media.base64(), Some("iVBORw0KGgogYW5kIHNvIG9u"));
/// # Ok::<(), dspy::Error>(())
/// ```
#[derive(Clone)]
pub struct Media(Arc<Inner>);

struct Inner {
    kind: MediaKind,
    source: Source,
    /// The bytes of a path, once they are read.
    read: OnceLock<Data>,
}

enum Source {
    Path(String),
    Url(String),
    Data(Data),
    /// A text that should be data and is not, and why.
    Broken(&'static str),
}

impl Media {
    fn new(kind: MediaKind, source: Source) -> Self {
        Self(Arc::new(Inner { kind, source, read: OnceLock::new() }))
    }

    /// Reads the text form: a `data:` URI, an HTTP address, or else a path.
    pub(crate) fn parse(kind: MediaKind, text: &str) -> Self {
        let is = |start: &str| text.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start));
        let source = if is("data:") {
            Data::parse(kind, text).map_or_else(Source::Broken, Source::Data)
        } else if is("http://") || is("https://") {
            Source::Url(text.to_owned())
        } else {
            Source::Path(text.to_owned())
        };
        Self::new(kind, source)
    }

    fn bytes(kind: MediaKind, bytes: &[u8], name: Option<&str>) -> Result<Self> {
        let data = Data::new(kind, bytes, name).map_err(Error::data)?;
        Ok(Self::new(kind, Source::Data(data)))
    }

    /// Makes a medium from bytes that came from an address.
    pub(crate) fn fetched(kind: MediaKind, bytes: &[u8], name: &str) -> Result<Self, String> {
        let name = Some(name).filter(|name| kind == MediaKind::File && !name.is_empty());
        Ok(Self::new(kind, Source::Data(Data::new(kind, bytes, name)?)))
    }

    /// Returns the kind of medium.
    pub fn kind(&self) -> MediaKind {
        self.0.kind
    }

    /// The path, if it is a file on this machine.
    pub fn path(&self) -> Option<&Path> {
        match &self.0.source {
            Source::Path(path) => Some(Path::new(path)),
            _ => None,
        }
    }

    /// The address, if it is elsewhere.
    pub fn url(&self) -> Option<&str> {
        match &self.0.source {
            Source::Url(url) => Some(url),
            _ => None,
        }
    }

    /// The type of its bytes, such as `image/png`; `None` as long as they were not read.
    pub fn media_type(&self) -> Option<&str> {
        self.data().map(Data::media_type)
    }

    /// The name of a file, if it has one.
    pub fn file_name(&self) -> Option<String> {
        let of_path = || self.path()?.file_name()?.to_str().map(str::to_owned);
        self.data().and_then(Data::name).or_else(of_path)
    }

    /// Returns its bytes in base64; `None` as long as they were not read.
    pub fn base64(&self) -> Option<&str> {
        self.data().map(Data::base64)
    }

    /// Returns its bytes as a `data:` URI; `None` as long as they were not read.
    pub fn data_uri(&self) -> Option<&str> {
        self.data().map(Data::uri)
    }

    /// Returns whether there is something to read before it can be sent.
    pub(crate) fn is_unread(&self) -> bool {
        !matches!(self.0.source, Source::Url(_)) && self.data().is_none()
    }

    /// Reads the file that a path names, if that was not done yet.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not of the kind; the error names the path.
    pub fn read(&self) -> Result<()> {
        match &self.0.source {
            Source::Path(path) if self.0.read.get().is_none() => {
                let path = Path::new(path);
                let bytes = std::fs::read(path).map_err(|error| Error::io("read", path, error))?;
                let name = path.file_name().and_then(|name| name.to_str());
                let name = name.filter(|_| self.0.kind == MediaKind::File);
                let data = Data::new(self.0.kind, &bytes, name)
                    .map_err(|reason| Error::data(format!("`{}`: {reason}", path.display())))?;
                let _ = self.0.read.set(data);
                Ok(())
            }
            Source::Broken(reason) => Err(Error::data(*reason)),
            _ => Ok(()),
        }
    }

    fn data(&self) -> Option<&Data> {
        match &self.0.source {
            Source::Data(data) => Some(data),
            _ => self.0.read.get(),
        }
    }

    /// The text form, which [`parse`](Self::parse) reads. A path stays a path.
    pub(crate) fn text(&self) -> &str {
        match &self.0.source {
            Source::Path(text) | Source::Url(text) => text,
            Source::Data(data) => data.uri(),
            Source::Broken(_) => "data:",
        }
    }
}

impl PartialEq for Media {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || (self.kind() == other.kind() && self.text() == other.text())
    }
}

impl Eq for Media {}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.data(), &self.0.source) {
            (Some(data), _) => write!(f, "{data}"),
            (None, Source::Path(place) | Source::Url(place)) => {
                write!(f, "{} {}", self.kind(), crate::error::snippet(place, 120))
            }
            (None, _) => write!(f, "{}", self.kind()),
        }
    }
}

impl fmt::Debug for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Media({self})")
    }
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Image => "image",
            Self::Audio => "audio",
            Self::File => "file",
        })
    }
}

/// A `data:` URI in a few words, where a text is one that is too long to print.
pub(crate) fn in_short(text: &str) -> Option<String> {
    let (head, base64) = text.strip_prefix("data:")?.split_once(";base64,").filter(|_| text.len() > 120)?;
    let media_type = head.split(';').next().unwrap_or_default();
    Some(format!("data:{media_type};base64,… ({})", data::size(base64)))
}
