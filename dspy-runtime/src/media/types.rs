//! The types that a signature's fields can have.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Media, MediaKind, Source};
use crate::error::Result;

macro_rules! media {
    ($type:ident, $kind:ident, $name:literal, { $($doc:tt)* }) => {
        $($doc)*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $type(Media);

        impl $type {
            #[doc = concat!("The ", $name, " in a file on this machine, which is read when a call that shows it is rendered.")]
            pub fn path(path: impl AsRef<Path>) -> Self {
                Self(Media::new(MediaKind::$kind, Source::Path(path.as_ref().display().to_string())))
            }

            #[doc = concat!("The ", $name, " at an HTTP address, which is passed on to the model as it is.")]
            pub fn url(url: impl Into<String>) -> Self {
                Self(Media::new(MediaKind::$kind, Source::Url(url.into())))
            }

            /// Returns its address, and its bytes as far as they are known.
            pub fn media(&self) -> &Media {
                &self.0
            }

            pub(crate) fn of(media: Media) -> Self {
                Self(media)
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($type), "({})"), self.0)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.text())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<'_, str>::deserialize(deserializer)?;
                let media = Media::parse(MediaKind::$kind, &text);
                match &media.0.source {
                    Source::Broken(reason) => Err(serde::de::Error::custom(reason)),
                    _ => Ok(Self(media)),
                }
            }
        }

        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "x-media": $name })
            }
        }
    };
}

media!(Image, Image, "image", {
    /// An image as an input: `#[input] photo: Image`.
    ///
    /// Its JSON form, in data files and artifacts, is one string: a path, an HTTP address, or a `data:` URI.
    /// A path is read from this machine and sent to the model, so do not take one from people whom you
    /// would not let read your files; only what is an image is sent.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::lm::Scripted;
    /// use dspy::media::Image;
    /// use dspy::{Context, Predict, signature};
    ///
    /// /// Say what the picture shows.
    /// #[signature]
    /// struct Look {
    ///     #[input]
    ///     photo: Image,
    ///     /// In one word.
    ///     #[output]
    ///     thing: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let cx = Context::new(Scripted::replies(["[[ ## thing ## ]]\na fox"]));
    /// let photo = Image::url("https://example.org/fox.png");
    /// let reply = Predict::<Look>::new().call(&cx, LookInput { photo }).await?;
    /// assert_eq!(reply.thing, "a fox");
    /// assert!(cx.history(1).to_string().contains("(image https://example.org/fox.png)"));
    /// # Ok(())
    /// # }
    /// ```
});

media!(Audio, Audio, "audio", {
    /// A sound as an input: `#[input] call: Audio`.
    ///
    /// Its JSON form is that of an [`Image`].
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::media::Audio;
    ///
    /// let audio = Audio::bytes(*b"RIFF\x04\0\0\0WAVE")?;
    /// assert_eq!(format!("{audio:?}"), "Audio(audio/wav, 12 bytes)");
    /// assert!(Audio::bytes(*b"no sound").is_err());
    /// # Ok::<(), dspy::Error>(())
    /// ```
});

media!(File, File, "file", {
    /// A file, such as a PDF, as an input: `#[input] contract: File`.
    ///
    /// Its JSON form is that of an [`Image`]. Any file is sent, so take no path from people whom you would
    /// not let read your files.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::media::File;
    ///
    /// let file = File::bytes("contract.pdf", *b"%PDF-1.7")?;
    /// assert_eq!(serde_json::to_string(&file)?, r#""data:application/pdf;name=contract.pdf;base64,JVBERi0xLjc=""#);
    /// let path: File = serde_json::from_str(r#""contracts/a.pdf""#)?;
    /// assert_eq!(path, File::path("contracts/a.pdf"));
    /// # Ok::<(), dspy::Error>(())
    /// ```
});

impl Image {
    /// An image of these bytes.
    ///
    /// # Errors
    ///
    /// When they are no PNG, JPEG, GIF, WebP or BMP image.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Result<Self> {
        Media::bytes(MediaKind::Image, bytes.as_ref(), None).map(Self)
    }
}

impl Audio {
    /// A sound of these bytes.
    ///
    /// # Errors
    ///
    /// When they are no WAV, MP3, FLAC, Ogg or M4A sound.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Result<Self> {
        Media::bytes(MediaKind::Audio, bytes.as_ref(), None).map(Self)
    }
}

impl File {
    /// A file of this name with these bytes.
    ///
    /// # Errors
    ///
    /// None at present; the type follows from the bytes and the name, and may be any.
    pub fn bytes(name: &str, bytes: impl AsRef<[u8]>) -> Result<Self> {
        Media::bytes(MediaKind::File, bytes.as_ref(), Some(name)).map(Self)
    }
}
