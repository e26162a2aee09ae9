//! Recorded replies, read without a network: for the tests and the fuzz targets that cut them.

use super::provider::{Assembly, Reader, Unread};
use super::{Chunk, Response, anthropic, bedrock, gemini, openai, responses};

/// A way in which providers reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Chat completions.
    Chat,
    /// OpenAI's responses.
    Responses,
    /// Anthropic's messages.
    Anthropic,
    /// Gemini.
    Gemini,
    /// Bedrock's Converse; as a stream with the feature `aws`.
    Bedrock,
}

impl Wire {
    /// All of its values.
    pub const ALL: [Self; 5] = [Self::Chat, Self::Responses, Self::Anthropic, Self::Gemini, Self::Bedrock];

    /// Reads what came until the connection was closed, in pieces of so many bytes, as the one reply that was asked
    /// for: a stream, or a whole body where it begins like one.
    ///
    /// # Errors
    ///
    /// Why it is no reply.
    pub fn read(self, came: &[u8], piece: usize) -> Result<Response, String> {
        let is_body = came.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'{' | b'['));
        let read = match self.reader().filter(|_| !is_body) {
            Some(reader) => stream(reader, came, piece),
            None => self.body(came),
        };
        read.map_err(|unread| format!("{unread:?}"))
    }

    fn reader(self) -> Option<Box<dyn Reader>> {
        match self {
            Self::Chat => Some(openai::reader()),
            Self::Responses => Some(responses::reader()),
            Self::Anthropic => Some(anthropic::reader()),
            Self::Gemini => Some(gemini::reader()),
            #[cfg(feature = "aws")]
            Self::Bedrock => Some(bedrock::reader()),
            #[cfg(not(feature = "aws"))]
            Self::Bedrock => None,
        }
    }

    fn body(self, came: &[u8]) -> Result<Response, Unread> {
        match self {
            Self::Chat => openai::read(came),
            Self::Responses => responses::read(came),
            Self::Anthropic => anthropic::read(came),
            Self::Gemini => gemini::read(came),
            Self::Bedrock => bedrock::read(came),
        }
    }
}

fn stream(reader: Box<dyn Reader>, came: &[u8], piece: usize) -> Result<Response, Unread> {
    let mut assembly = Assembly::new(reader, 1, Response::new(""));
    for bytes in came.chunks(piece.max(1)) {
        assembly.push(bytes);
        while let Some(chunk) = assembly.next()? {
            if let Chunk::End(reply) = chunk {
                return Ok(reply);
            }
        }
    }
    match assembly.close()? {
        Chunk::End(reply) => Ok(reply),
        _ => Err(Unread::Cut),
    }
}
