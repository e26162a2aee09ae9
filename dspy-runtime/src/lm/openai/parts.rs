//! Messages as chat completions take them, with what they show beside text.

use serde::{Serialize, Serializer};

use crate::lm::{Author, Message, Part};
use crate::media::{Media, MediaKind};

/// The messages of a request.
pub(super) struct Messages<'a>(pub(super) &'a crate::lm::Messages);

#[derive(Serialize)]
struct Wire<'a> {
    role: Author,
    content: Content<'a>,
}

/// Text alone is a string, which all servers take.
#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<WirePart<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WirePart<'a> {
    Text { text: &'a str },
    ImageUrl { image_url: Url<'a> },
    InputAudio { input_audio: Sound<'a> },
    File { file: File<'a> },
}

#[derive(Serialize)]
struct Url<'a> {
    url: &'a str,
}

#[derive(Serialize)]
struct Sound<'a> {
    data: &'a str,
    format: &'a str,
}

#[derive(Serialize)]
struct File<'a> {
    filename: String,
    file_data: &'a str,
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(wire))
    }
}

fn wire(message: &Message) -> Wire<'_> {
    let content = match message.media().len() {
        0 => Content::Text(message.text()),
        _ => Content::Parts(message.parts().map(part).collect()),
    };
    Wire { role: message.author(), content }
}

fn part(part: Part<'_>) -> WirePart<'_> {
    let media = match part {
        Part::Text(text) => return WirePart::Text { text },
        Part::Media(media) => media,
    };
    // A call whose media are not read, or of no format that can be sent, does not come here.
    let uri = media.data_uri().or_else(|| media.url()).unwrap_or_default();
    match media.kind() {
        MediaKind::Image => WirePart::ImageUrl { image_url: Url { url: uri } },
        MediaKind::Audio => {
            let data = media.base64().unwrap_or_default();
            WirePart::InputAudio { input_audio: Sound { data, format: format(media).unwrap_or_default() } }
        }
        MediaKind::File => {
            let filename = media.file_name().unwrap_or_else(|| "file".to_owned());
            WirePart::File { file: File { filename, file_data: uri } }
        }
    }
}

/// Why the protocol has no place for something.
pub(super) fn refused(media: &Media) -> Option<String> {
    match media.kind() {
        MediaKind::Image => None,
        kind if media.url().is_some() => {
            Some(format!("chat completions take no {kind} by its address; `download` it first"))
        }
        MediaKind::Audio if format(media).is_none() => {
            let found = media.media_type().unwrap_or("this one");
            Some(format!("chat completions take WAV and MP3 alone, not {found}"))
        }
        _ => None,
    }
}

/// The protocol's word for a sound's format.
fn format(media: &Media) -> Option<&'static str> {
    match media.media_type()? {
        "audio/wav" | "audio/x-wav" | "audio/wave" => Some("wav"),
        "audio/mpeg" | "audio/mp3" => Some("mp3"),
        _ => None,
    }
}
