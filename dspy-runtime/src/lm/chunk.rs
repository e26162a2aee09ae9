//! A reply as it comes.

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::{LanguageModel, Request, Response};
use crate::error::Result;

/// A part of a reply that comes bit by bit.
///
/// # Example
///
/// ```
/// use dspy::lm::{Chunk, LanguageModel, Message, Request, Scripted};
/// use futures_util::StreamExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (model, request) = (Scripted::replies(["hello there"]).in_chunks(6), Request::from(vec![Message::user("Hi.")]));
/// let chunks: Vec<_> = model.stream(&request).collect().await;
/// assert!(matches!(&chunks[0], Ok(Chunk::Text(text)) if text == "hello "));
/// assert!(matches!(&chunks[2], Ok(Chunk::End(response)) if response.text == "hello there"));
/// # }
/// ```
#[non_exhaustive]
#[derive(Clone, Debug)]
// There is one end in a stream.
#[allow(clippy::large_enum_variant)]
pub enum Chunk {
    /// More text.
    Text(String),
    /// More of what the model thinks before it replies; no part of the text.
    Reasoning(String),
    /// The whole reply, which ends the stream.
    End(Response),
}

/// The stream of a model that replies all at once.
pub(super) fn whole<'a, L: LanguageModel + ?Sized>(
    model: &'a L,
    request: &'a Request,
) -> BoxStream<'a, Result<Chunk>> {
    let reply = stream::once(model.complete(request));
    reply
        .flat_map(|reply| match reply {
            Ok(response) => of(response),
            Err(error) => stream::iter([Err(error)]).boxed(),
        })
        .boxed()
}

/// A reply that has come all at once.
pub(super) fn of<'a>(response: Response) -> BoxStream<'a, Result<Chunk>> {
    let thoughts = response.reasoning.as_ref().map(|reasoning| reasoning.text.clone());
    let thoughts = thoughts.filter(|text| !text.is_empty()).map(|text| Ok(Chunk::Reasoning(text)));
    let text = Ok(Chunk::Text(response.text.clone()));
    stream::iter(thoughts.into_iter().chain([text, Ok(Chunk::End(response))])).boxed()
}
