//! Messages as JSON: `{"role": …, "content": …}`, and what few messages have only where they have it.

use std::sync::Arc;

use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::content::Content;
use super::{Answered, Author, Message, More, Part, Reasoning};
use crate::media::{Media, MediaKind};
use crate::prompt::ToolCall;

#[derive(Serialize)]
struct Form<'a> {
    role: Author,
    content: Parts<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tool_calls: &'a [ToolCall],
    #[serde(skip_serializing_if = "Option::is_none")]
    answers: Option<&'a Answered>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<&'a Reasoning>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cached: bool,
}

/// Text alone is a string; more is a list of parts.
struct Parts<'a>(&'a Message);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum PartForm {
    Text { text: String },
    Media { kind: MediaKind, source: String },
}

#[derive(Deserialize)]
struct OwnedForm {
    role: Author,
    content: ContentForm,
    #[serde(default)]
    tool_calls: Vec<ToolCall>,
    answers: Option<Answered>,
    reasoning: Option<Reasoning>,
    #[serde(default)]
    cached: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ContentForm {
    Text(String),
    Parts(Vec<PartForm>),
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = Form {
            role: self.author,
            content: Parts(self),
            tool_calls: self.tool_calls(),
            answers: self.answered(),
            reasoning: self.reasoning(),
            cached: self.cached,
        };
        form.serialize(serializer)
    }
}

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.content.media.is_empty() {
            return serializer.serialize_str(self.0.text());
        }
        let mut parts = serializer.serialize_seq(None)?;
        for part in self.0.parts() {
            match part {
                Part::Text(text) => parts.serialize_element(&PartForm::Text { text: text.to_owned() })?,
                Part::Media(media) => {
                    // As it is sent: another file under the same path is another message.
                    let source = media.data_uri().unwrap_or_else(|| media.text()).to_owned();
                    parts.serialize_element(&PartForm::Media { kind: media.kind(), source })?;
                }
            }
        }
        parts.end()
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = OwnedForm::deserialize(deserializer)?;
        let mut content = Content::default();
        match form.content {
            ContentForm::Text(text) => content = text.into(),
            ContentForm::Parts(parts) => parts.into_iter().for_each(|part| match part {
                PartForm::Text { text } => content.push(&text),
                PartForm::Media { kind, source } => content.push_media(Media::parse(kind, &source)),
            }),
        }
        let more = More { calls: form.tool_calls, answers: form.answers, reasoning: form.reasoning };
        let message = Self::of(form.role, content);
        Ok(Self { more: (!more.is_empty()).then(|| Arc::new(more)), cached: form.cached, ..message })
    }
}
