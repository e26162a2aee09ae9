//! Messages as chat completions take them, with what they show beside text.

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::details::PROVIDER;
use crate::lm::{Author, Message, Part, ToolCall};
use crate::media::{Media, MediaKind};

/// The messages of a request, with what of the model's turns goes back.
pub(super) struct Messages<'a> {
    pub(super) messages: &'a crate::lm::Messages,
    /// Tells whether thoughts do, as text.
    pub(super) thoughts: bool,
    /// Tells whether what OpenRouter reports of them does.
    pub(super) details: bool,
    /// Tells whether marks do.
    pub(super) marks: bool,
}

#[derive(Serialize)]
pub(super) struct Wire<'a> {
    role: Author,
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_details: Option<&'a Value>,
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
    Text {
        text: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        prompt_cache_breakpoint: Option<Mark>,
    },
    ImageUrl {
        image_url: Url<'a>,
    },
    InputAudio {
        input_audio: Sound<'a>,
    },
    File {
        file: File<'a>,
    },
}

/// The end of a beginning that is worth keeping.
#[derive(Serialize)]
struct Mark {
    mode: &'static str,
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
        serializer.collect_seq(self.messages.iter().map(|message| self.wire(message)))
    }
}

impl Messages<'_> {
    fn wire<'a>(&self, message: &'a Message) -> Wire<'a> {
        let state = message.reasoning().and_then(|reasoning| reasoning.state.as_ref()?.get(PROVIDER));
        Wire {
            reasoning_content: thoughts(message).filter(|_| self.thoughts),
            reasoning_details: state.filter(|_| self.details),
            ..wire(message, self.marks && message.is_cached() && message.author() != Author::Assistant)
        }
    }
}

/// Returns the thoughts of a turn that called tools, or that thought. A server that wants thoughts back takes
/// none that are empty, and so a turn of another model has a space for them.
fn thoughts(message: &Message) -> Option<&str> {
    let thoughts = message.reasoning().map(|reasoning| reasoning.text.as_str());
    let none = (!message.tool_calls().is_empty()).then_some(" ");
    thoughts.filter(|text| !text.is_empty()).or(none)
}

pub(super) fn wire(message: &Message, is_marked: bool) -> Wire<'_> {
    let content = match message.media().len() {
        // A message that only calls has no content, not an empty one.
        0 if message.text().is_empty() && !message.tool_calls().is_empty() => None,
        0 if !is_marked => Some(Content::Text(message.text())),
        _ => {
            let mut parts: Vec<_> = message.parts().map(part).collect();
            if let Some(WirePart::Text { prompt_cache_breakpoint, .. }) =
                parts.last_mut().filter(|_| is_marked)
            {
                *prompt_cache_breakpoint = Some(Mark { mode: "explicit" });
            }
            Some(Content::Parts(parts))
        }
    };
    Wire {
        role: message.author(),
        content,
        tool_calls: message.tool_calls().iter().map(call).collect(),
        tool_call_id: message.tool_call_id(),
        reasoning_content: None,
        reasoning_details: None,
    }
}

fn call(call: &ToolCall) -> Value {
    let function = json!({"name": &call.name, "arguments": call.arguments_text()});
    json!({"id": &call.id, "type": "function", "function": function})
}

fn part(part: Part<'_>) -> WirePart<'_> {
    match part {
        Part::Text(text) => WirePart::Text { text, prompt_cache_breakpoint: None },
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
