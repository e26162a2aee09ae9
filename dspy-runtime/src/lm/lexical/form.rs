//! The form of a prompt and of its reply.

use serde_json::{Map, Value};

use super::prompt::text;
use crate::parse;
use dspy_numbers::bag::Bag;

/// The form that a reply is to have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Form {
    #[default]
    Sections,
    Json,
    Tags,
}

impl Form {
    /// Reads what a prompt says about the form.
    pub(super) fn read(said: &str) -> Self {
        match said {
            _ if said.contains("one JSON object") => Self::Json,
            _ if said.starts_with("Reply in tags") => Self::Tags,
            _ => Self::Sections,
        }
    }

    /// The whole reply.
    pub(super) fn write(self, answers: Map<String, Value>) -> String {
        let each = |write: fn(&str, &str) -> String| -> Vec<String> {
            answers.iter().map(|(name, value)| write(name, &text(value))).collect()
        };
        match self {
            Self::Json => Value::Object(answers).to_string(),
            Self::Tags => each(|name, text| format!("<{name}>\n{text}\n</{name}>")).join("\n\n"),
            Self::Sections => {
                let sections = each(|name, text| format!("[[ ## {name} ## ]]\n{text}\n"));
                format!("{}\n[[ ## completed ## ]]", sections.join("\n"))
            }
        }
    }
}

/// The fields of a message without the reminder at its end.
pub(super) fn sections(message: &str) -> Vec<(String, String, Bag)> {
    let body = message.rfind("\n\nReply with ").map_or(message, |at| &message[..at]);
    let mut found = parse::split_sections(body);
    if found.is_empty() && body.starts_with('<') {
        found = parse::split_tags(body);
    }
    found.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned(), Bag::new(text))).collect()
}
