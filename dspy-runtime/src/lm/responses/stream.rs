//! A response that comes bit by bit, and whole at the end.

use serde::Deserialize;
use serde_json::Value;

use super::reply::{COMMENTARY, Whole};
use crate::lm::failure::Failure;
use crate::lm::provider::{Piece, Reader, Unread};
use crate::lm::{CallPart, Response};

#[derive(Deserialize)]
#[serde(tag = "type")]
enum Event {
    #[serde(rename = "response.output_item.added")]
    Begun {
        #[serde(default)]
        output_index: u64,
        #[serde(default)]
        item: Value,
    },
    #[serde(rename = "response.output_text.delta")]
    Text {
        delta: String,
        #[serde(default)]
        output_index: u64,
    },
    #[serde(rename = "response.reasoning_text.delta", alias = "response.reasoning_summary_text.delta")]
    Reasoning { delta: String },
    #[serde(rename = "response.function_call_arguments.delta")]
    Arguments {
        delta: String,
        #[serde(default)]
        output_index: u64,
    },
    #[serde(rename = "response.completed")]
    Completed { response: Box<Whole> },
    #[serde(rename = "response.incomplete")]
    Incomplete { response: Box<Whole> },
    #[serde(rename = "response.failed")]
    Failed { response: Box<Whole> },
    #[serde(rename = "response.cancelled")]
    Cancelled { response: Box<Whole> },
    #[serde(rename = "error")]
    Error(Value),
    #[serde(other)]
    Other,
}

/// The whole response, once it has come.
#[derive(Default)]
pub(super) struct Stream {
    whole: Option<Response>,
    /// The text of all its messages.
    texts: String,
    /// The items that are said on the way to the answer.
    asides: Vec<u64>,
    /// The items that are calls of tools.
    calls: Vec<u64>,
}

impl Reader for Stream {
    fn event(&mut self, data: &str, _: &mut Response) -> Result<Vec<Piece>, Unread> {
        if data.trim() == "[DONE]" {
            return Ok(Vec::new());
        }
        Ok(match serde_json::from_str(data)? {
            Event::Begun { output_index, item } => {
                self.asides.extend((item["phase"] == COMMENTARY).then_some(output_index));
                if item["type"] != "function_call" {
                    return Ok(Vec::new());
                }
                self.calls.push(output_index);
                let name = item["name"].as_str().unwrap_or_default();
                vec![Piece::Call(CallPart::new(self.calls.len() - 1, name, ""))]
            }
            Event::Arguments { delta, output_index } => {
                let place = self.calls.iter().rposition(|call| *call == output_index);
                let part = place.map(|place| Piece::Call(CallPart::new(place, "", delta)));
                part.into_iter().collect()
            }
            Event::Text { delta, output_index } if self.asides.contains(&output_index) => {
                vec![Piece::Reasoning(delta)]
            }
            Event::Text { delta, .. } => vec![Piece::Text(delta)],
            Event::Reasoning { delta } => vec![Piece::Reasoning(delta)],
            Event::Error(error) => return Err(Unread::Failed(Failure::of(&error))),
            Event::Completed { response } => self.end(*response, "completed")?,
            Event::Incomplete { response } => self.end(*response, "incomplete")?,
            Event::Failed { response } => self.end(*response, "failed")?,
            Event::Cancelled { response } => self.end(*response, "cancelled")?,
            Event::Other => Vec::new(),
        })
    }

    fn is_whole(&self, _: usize) -> bool {
        self.whole.is_some()
    }

    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread> {
        let Some(whole) = self.whole.take() else {
            return Err(Unread::Broken("the stream has no end".to_owned()));
        };
        // The texts that came are those of the whole; some servers leave them out of it.
        let mut text = std::mem::take(&mut reply.text);
        if !self.texts.is_empty() && text == self.texts {
            // What is said on the way may not have been told from the answer before.
            text.clone_from(&whole.text);
        }
        if !whole.text.is_empty() && whole.text != text {
            return Err(Unread::Broken("the texts that came are not those of the whole response".to_owned()));
        }
        let dropped = std::mem::take(&mut reply.dropped);
        *reply = Response { text, dropped, ..whole };
        Ok(())
    }
}

impl Stream {
    /// Takes the whole response, which may leave its status to the name of the event.
    fn end(&mut self, whole: Whole, status: &str) -> Result<Vec<Piece>, Unread> {
        self.texts = whole.texts();
        let whole = whole.or_status(status).response()?;
        // Some servers leave calls to the end.
        let untold = whole.tool_calls.iter().enumerate().skip(self.calls.len());
        let mut pieces: Vec<Piece> =
            untold.map(|(index, call)| Piece::Call(CallPart::whole(index, call))).collect();
        self.whole = Some(whole);
        pieces.push(Piece::End);
        Ok(pieces)
    }
}
