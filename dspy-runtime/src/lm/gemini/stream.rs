//! What Gemini generates, bit by bit.

use super::reply::{Brought, Generated, finish};
use crate::lm::provider::{Piece, Reader, Unread};
use crate::lm::{Choice, Response};

/// What has come so far besides the text.
#[derive(Default)]
pub(super) struct Stream {
    reason: Option<String>,
    /// Further replies and why they ended, by their number less one.
    others: Vec<(String, Option<String>)>,
}

/// More replies than the provider gives.
const MOST_REPLIES: usize = 64;

impl Reader for Stream {
    fn event(&mut self, data: &str, reply: &mut Response) -> Result<Vec<Piece>, Unread> {
        let generated: Generated = serde_json::from_str(data)?;
        let mut pieces = Vec::new();
        for mut candidate in generated.begin(reply)? {
            let (index, reason) = (candidate.index, candidate.finish_reason.take());
            let Brought { text, thoughts, calls, logprobs } = candidate.bring(reply.tool_calls.len());
            if index > 0 {
                self.other(index - 1, &text, reason)?;
                continue;
            }
            self.reason = reason.or(self.reason.take());
            reply.tool_calls.extend(calls);
            reply.logprobs.extend(logprobs);
            pieces.extend(Some(thoughts).filter(|text| !text.is_empty()).map(Piece::Reasoning));
            pieces.extend(Some(text).filter(|text| !text.is_empty()).map(Piece::Text));
        }
        Ok(pieces)
    }

    // The provider closes without a word once the reply has its reason to end.
    fn is_whole(&self) -> bool {
        self.reason.is_some()
    }

    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread> {
        reply.finish = finish(self.reason.as_deref(), !reply.tool_calls.is_empty());
        let other =
            |(text, reason): (String, Option<String>)| Choice::new(text, finish(reason.as_deref(), false));
        reply.others = std::mem::take(&mut self.others).into_iter().map(other).collect();
        Ok(())
    }
}

impl Stream {
    fn other(&mut self, place: usize, text: &str, reason: Option<String>) -> Result<(), Unread> {
        if place >= MOST_REPLIES {
            return Err(Unread::Broken(format!("it numbers a reply {}", place + 1)));
        }
        if self.others.len() <= place {
            self.others.resize_with(place + 1, Default::default);
        }
        if let Some((so_far, known)) = self.others.get_mut(place) {
            so_far.push_str(text);
            *known = reason.or(known.take());
        }
        Ok(())
    }
}
