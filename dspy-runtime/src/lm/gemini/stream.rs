//! The reply that Gemini generates, bit by bit.

use serde_json::Value;

use super::partial::Calls;
use super::reply::{Brought, Generated, finish, part_of_turn, reasoning};
use crate::lm::finish::GEMINI;
use crate::lm::provider::{Ending, Piece, Reader, Unread};
use crate::lm::turn::Said;
use crate::lm::{CallPart, Choice, Response};

/// The state of a stream besides the text.
#[derive(Default)]
pub(super) struct Stream {
    ending: Ending,
    calls: Calls,
    /// The number of calls that were reported.
    told: usize,
    /// The parts that go back.
    parts: Vec<Value>,
    /// Further replies and why they ended, by their number less one.
    others: Vec<(String, Ending)>,
}

/// More replies than the provider gives.
const MOST_REPLIES: usize = 64;

impl Reader for Stream {
    fn event(&mut self, data: &str, reply: &mut Response) -> Result<Vec<Piece>, Unread> {
        let generated: Generated = serde_json::from_str(data)?;
        let mut pieces = Vec::new();
        for mut candidate in generated.begin(reply)? {
            let (index, reason) = (candidate.index, candidate.finish_reason.take());
            if index > 0 {
                let text = candidate.bring(&mut Calls::default(), &mut Vec::new())?.text;
                self.other(index - 1, &text, reason)?;
                continue;
            }
            let Brought { text, thoughts, calls, logprobs, parts } =
                candidate.bring(&mut self.calls, &mut reply.tool_calls)?;
            let brings = !(text.is_empty() && thoughts.is_empty() && !calls);
            self.ending.take(reason, brings)?;
            parts.into_iter().for_each(|part| self.keep(part));
            reply.logprobs.extend(logprobs);
            pieces.extend(Some(thoughts).filter(|text| !text.is_empty()).map(Piece::Reasoning));
            pieces.extend(Some(text).filter(|text| !text.is_empty()).map(Piece::Text));
            // One that comes in parts is told once it is whole, as its parts are no text.
            let whole = reply.tool_calls.len().saturating_sub(usize::from(self.calls.is_open()));
            for call in reply.tool_calls.iter().take(whole).skip(self.told) {
                pieces.push(Piece::Call(CallPart::whole(self.told, call)));
                self.told += 1;
            }
        }
        Ok(pieces)
    }

    // The provider closes without a word once the replies have their reasons to end. It may give fewer than it was
    // asked for.
    fn is_whole(&self, _: usize) -> bool {
        self.ending.has_come()
            && !self.calls.is_open()
            && self.others.iter().all(|(_, ending)| ending.has_come())
    }

    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread> {
        reply.finish = finish(self.ending.word(), !reply.tool_calls.is_empty())?;
        reply.reasoning = reasoning(String::new(), std::mem::take(&mut self.parts));
        let other = |(text, ending): (String, Ending)| Choice::new(text, GEMINI.other(ending.word()));
        reply.others = std::mem::take(&mut self.others).into_iter().map(other).collect();
        Ok(())
    }
}

impl Stream {
    /// Keeps a part; text goes on with the text before it.
    fn keep(&mut self, part: Value) {
        let last = self.parts.last_mut().filter(|last| matches!(part_of_turn(last), Said::Text(_)));
        match (last.and_then(|last| last.get_mut("text")), part_of_turn(&part)) {
            (Some(Value::String(before)), Said::Text(text)) => before.push_str(text),
            _ => self.parts.push(part),
        }
    }

    fn other(&mut self, place: usize, text: &str, reason: Option<String>) -> Result<(), Unread> {
        if place >= MOST_REPLIES {
            return Err(Unread::Broken(format!("it numbers a reply {}", place + 1)));
        }
        if self.others.len() <= place {
            self.others.resize_with(place + 1, Default::default);
        }
        if let Some((so_far, ending)) = self.others.get_mut(place) {
            so_far.push_str(text);
            ending.take(reason, !text.is_empty())?;
        }
        Ok(())
    }
}
