//! A reply, put together from the bytes of its stream. It knows nothing of the network.

use std::collections::VecDeque;

use super::Unread;
use crate::lm::failure::Failure;
use crate::lm::finish::said;
use crate::lm::sse::{Event, Events};
use crate::lm::{CallPart, Chunk, Reasoning, Response};

/// A piece of an event.
#[derive(Debug, PartialEq)]
pub(in crate::lm) enum Piece {
    Text(String),
    Reasoning(String),
    Call(CallPart),
    /// The provider says that this was all.
    End,
}

/// Reads the events of one stream. What it collects besides text and thoughts it puts to the reply.
pub(in crate::lm) trait Reader: Send {
    /// Returns what takes the bytes of its stream apart.
    fn frames(&self) -> Frames {
        Frames::Lines(Events::default())
    }

    /// Takes the data of one event.
    fn event(&mut self, data: &str, reply: &mut Response) -> Result<Vec<Piece>, Unread>;

    /// Returns whether so many replies are whole although the provider closed without a word.
    fn is_whole(&self, replies: usize) -> bool;

    /// Puts what came in parts to the reply, at its end.
    fn finish(&mut self, reply: &mut Response) -> Result<(), Unread>;
}

/// The way in which the bytes of a stream are taken apart into events.
pub(in crate::lm) enum Frames {
    /// Server-sent events.
    Lines(Events),
    /// Amazon's event stream.
    #[cfg(feature = "aws")]
    Amazon(crate::lm::eventstream::Frames),
}

impl Frames {
    fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        match self {
            Self::Lines(events) => events.push(bytes),
            #[cfg(feature = "aws")]
            Self::Amazon(frames) => frames.push(bytes),
        }
    }
}

/// The state of a reply so far.
pub(in crate::lm) struct Assembly {
    reader: Box<dyn Reader>,
    /// The number of replies asked for.
    replies: usize,
    frames: Frames,
    /// Events that have come and were not read yet.
    waiting: VecDeque<Event>,
    /// The pieces that were not passed on yet.
    pieces: VecDeque<Piece>,
    reply: Response,
    thoughts: String,
}

impl Assembly {
    /// Of so many replies; what is known of them before is in the one that is given.
    pub(in crate::lm) fn new(reader: Box<dyn Reader>, replies: usize, reply: Response) -> Self {
        Self {
            frames: reader.frames(),
            reader,
            replies,
            waiting: VecDeque::new(),
            pieces: VecDeque::new(),
            reply,
            thoughts: String::new(),
        }
    }

    /// Takes more bytes.
    pub(in crate::lm) fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend(self.frames.push(bytes));
    }

    /// The next chunk of what has come, if there is one. After the end there is no more to ask for.
    pub(in crate::lm) fn next(&mut self) -> Result<Option<Chunk>, Unread> {
        loop {
            match self.pieces.pop_front() {
                Some(Piece::Text(text)) => {
                    self.reply.text.push_str(&text);
                    return Ok(Some(Chunk::Text(text)));
                }
                Some(Piece::Reasoning(text)) => {
                    self.thoughts.push_str(&text);
                    return Ok(Some(Chunk::Reasoning(text)));
                }
                Some(Piece::Call(part)) => return Ok(Some(Chunk::Call(part))),
                Some(Piece::End) => return self.end().map(Some),
                None => {}
            }
            match self.waiting.pop_front() {
                None => return Ok(None),
                Some(Event::Data(data)) => self.pieces.extend(self.reader.event(&data, &mut self.reply)?),
                Some(Event::Error(said)) => return Err(Unread::Failed(Failure::of(&said))),
                Some(Event::Broken(why)) => return Err(Unread::Broken(why)),
            }
        }
    }

    /// The end of a stream that was closed without a word for it.
    pub(in crate::lm) fn close(&mut self) -> Result<Chunk, Unread> {
        match self.reader.is_whole(self.replies) {
            true => self.end(),
            false => Err(Unread::Cut),
        }
    }

    fn end(&mut self) -> Result<Chunk, Unread> {
        let mut reply = std::mem::replace(&mut self.reply, Response::new(""));
        self.reader.finish(&mut reply)?;
        if !self.thoughts.is_empty() {
            let reasoning = reply.reasoning.get_or_insert_with(|| Reasoning::new(""));
            reasoning.text = std::mem::take(&mut self.thoughts);
        }
        Ok(Chunk::End(reply))
    }
}

/// The reason a reply that comes bit by bit has ended: the provider's word for it, once it has come.
#[derive(Default)]
pub(in crate::lm) struct Ending(Option<String>);

impl Ending {
    /// Takes the word of an event, if it has one, and whether the event brings more of the reply. Nothing may come
    /// after the word, or else it was not the end, and a connection that breaks right there would leave a part that
    /// looks whole.
    pub(in crate::lm) fn take(&mut self, word: Option<String>, brings: bool) -> Result<(), Unread> {
        match (&self.0, said(word)) {
            (Some(_), _) if brings => Err(Unread::Misfit("the reply goes on after its end".to_owned())),
            (Some(before), Some(word)) if *before != word => {
                Err(Unread::Misfit(format!("the reply ends twice, with `{before}` and with `{word}`")))
            }
            (Some(_), _) => Ok(()),
            (None, word) => {
                self.0 = word;
                Ok(())
            }
        }
    }

    pub(in crate::lm) fn has_come(&self) -> bool {
        self.0.is_some()
    }

    pub(in crate::lm) fn word(&self) -> Option<&str> {
        self.0.as_deref()
    }
}
