//! Messages as chat completions take them, with what they show beside text.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::lm::{Author, Message, Part, ToolCall};
use crate::media::{Media, MediaKind};

/// The messages of a request.
pub(super) struct Messages<'a>(pub(super) &'a crate::lm::Messages);

#[derive(Serialize)]
pub(super) struct Wire<'a> {
    role: Author,
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
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

pub(super) fn wire(message: &Message) -> Wire<'_> {
    let content = match message.media().len() {
        // A message that only calls has no content, not an empty one.
        0 if message.text().is_empty() && !message.tool_calls().is_empty() => None,
        0 => Some(Content::Text(message.text())),
        _ => Some(Content::Parts(message.parts().map(part).collect())),
    };
    Wire {
        role: message.author(),
        content,
        tool_calls: message.tool_calls().iter().map(call).collect(),
        tool_call_id: message.tool_call_id(),
    }
}

fn call(call: &ToolCall) -> Value {
    let function = json!({"name": &call.name, "arguments": call.arguments_text()});
    json!({"id": &call.id, "type": "function", "function": function})
}

fn part(part: Part<'_>) -> WirePart<'_> {
    match part {
        Part::Text(text) => WirePart::Text { text },
        Part::Media(media) => shown(media),
    }
}

// A call whose media are not read, or of no format that can be sent, does not come here.
fn shown(media: &Media) -> WirePart<'_> {
    let uri = media.data_uri().or_else(|| media.url()).unwrap_or_default();
    match media.kind() {
        MediaKind::Image => WirePart::ImageUrl { image_url: Url { url: uri } },
        MediaKind::Audio => {
            let format = super::media::sound(media).unwrap_or_default();
            WirePart::InputAudio { input_audio: Sound { data: media.base64().unwrap_or_default(), format } }
        }
        MediaKind::File => {
            let filename = media.file_name().unwrap_or_else(|| "file".to_owned());
            WirePart::File { file: File { filename, file_data: uri } }
        }
    }
}
