//! A chat completion that comes bit by bit.

use serde::Deserialize;
use serde_json::Value;

use super::calls::Calls;
use super::details::Details;
use super::reply::{About, Logprobs, Reply};
use super::tokens::failed;
use crate::lm::aside::or_none;
use crate::lm::finish::CHAT;
use crate::lm::provider::{Ending, Piece, Reader, Unread};
use crate::lm::{Choice, Response, Usage};

#[derive(Deserialize)]
struct Event {
    choices: Option<Vec<EventChoice>>,
    #[serde(flatten)]
    about: About,
}

#[derive(Deserialize)]
struct EventChoice {
    #[serde(default)]
    index: usize,
    delta: Option<Reply>,
    finish_reason: Option<String>,
    #[serde(default, deserialize_with = "or_none")]
    logprobs: Option<Logprobs>,
    error: Option<Value>,
}

/// The state of a stream besides the text.
#[derive(Default)]
pub(super) struct Stream {
    finish: Ending,
    /// The reason the model does not answer, as far as it has come.
    refusal: String,
    calls: Calls,
    details: Details,
    /// Further replies and why they ended, by their number less one.
    others: Vec<(String, Ending)>,
    /// Usages that came by themselves, of one reply each.
    counts_one: bool,
    counted: Vec<Usage>,
}

/// More replies than anybody asks for.
const MOST_REPLIES: usize = 1_024;

impl Reader for Stream {
    fn event(&mut self, data: &str, reply: &mut Response) -> Result<Vec<Piece>, Unread> {
        if data.trim() == "[DONE]" {
            return match self.is_whole(1) {
                true => Ok(vec![Piece::End]),
                false => Err(Unread::Cut),
            };
        }
        let Event { choices, about } = serde_json::from_str(data)?;
        about.check()?;
        let choices = choices.unwrap_or_default();
        if let Some(tokens) = &about.usage {
            reply.usage = tokens.usage();
            self.counts_one |= about.counts_one();
            if choices.is_empty() {
                self.counted.push(reply.usage);
            }
        }
        reply.model = about.model.or(reply.model.take());
        reply.service_tier = about.service_tier.or(reply.service_tier);
        reply.id = reply.id.take().or(about.id);
        let mut pieces = Vec::new();
        for choice in choices {
            match choice.index {
                0 => self.first(choice, reply, &mut pieces)?,
                index => self.other(index - 1, choice)?,
            }
        }
        Ok(pieces)
    }

    // Some servers close without a word, which is fine once the replies have their reasons to end.
    fn is_whole(&self, replies: usize) -> bool {
        let ended = self.others.iter().filter(|(_, ending)| ending.has_come()).count();
        // A refusal is one however it ends.
        !self.refusal.trim().is_empty()
            || self.finish.has_come() && ended == self.others.len() && ended + 1 >= replies
    }

    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread> {
        if !self.refusal.trim().is_empty() {
            return Err(Unread::WithheldReason(std::mem::take(&mut self.refusal)));
        }
        reply.finish = CHAT.read(self.finish.word())?;
        reply.tool_calls = std::mem::take(&mut self.calls).whole();
        reply.reasoning = std::mem::take(&mut self.details).reasoning(String::new());
        let other = |(text, ending): (String, Ending)| Choice::new(text, CHAT.other(ending.word()));
        reply.others = std::mem::take(&mut self.others).into_iter().map(other).collect();
        if self.counts_one && !reply.others.is_empty() {
            reply.usage = self.usage(reply.usage, reply.others.len() + 1);
        }
        Ok(())
    }
}

impl Stream {
    fn first(
        &mut self,
        choice: EventChoice,
        reply: &mut Response,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), Unread> {
        failed(choice.error)?;
        let mut delta = choice.delta.unwrap_or_default();
        let refusal = delta.refusal.take().unwrap_or_default();
        self.refusal.push_str(&refusal);
        reply.logprobs.extend(choice.logprobs.into_iter().flat_map(Logprobs::tokens));
        let (mut brings, mut calls) = (!refusal.trim().is_empty(), Vec::new());
        for call in delta.tool_calls.take().into_iter().flatten() {
            let part = self.calls.add(call);
            brings |= part.is_some();
            calls.extend(part.filter(|part| !(part.name.is_empty() && part.arguments.is_empty())));
        }
        for detail in delta.reasoning_details.take().into_iter().flatten() {
            self.details.add(detail);
        }
        let (text, thoughts) = delta.texts();
        brings |= !text.is_empty() || !thoughts.is_empty();
        self.finish.take(choice.finish_reason, brings)?;
        pieces.extend(Some(thoughts).filter(|text| !text.is_empty()).map(Piece::Reasoning));
        pieces.extend(Some(text).filter(|text| !text.is_empty()).map(Piece::Text));
        pieces.extend(calls.into_iter().map(Piece::Call));
        Ok(())
    }

    fn other(&mut self, place: usize, choice: EventChoice) -> Result<(), Unread> {
        if place >= MOST_REPLIES {
            return Err(Unread::Broken(format!("it numbers a reply {}", place + 1)));
        }
        if self.others.len() <= place {
            self.others.resize_with(place + 1, Default::default);
        }
        if let Some((so_far, ending)) = self.others.get_mut(place) {
            let text = choice.delta.unwrap_or_default().texts().0;
            so_far.push_str(&text);
            let failed = choice.error.filter(|error| !error.is_null()).map(|_| "error".to_owned());
            ending.take(failed.or(choice.finish_reason), !text.is_empty())?;
        }
        Ok(())
    }

    /// Of a server that counts each reply by itself: the sum, if it has counted all, and else what is known.
    fn usage(&self, last: Usage, replies: usize) -> Usage {
        if self.counted.len() != replies {
            return last.of_one_reply();
        }
        let output = self.counted.iter().map(|usage| usage.output_tokens).sum();
        Usage { output_tokens: output, ..last }
    }
}
