//! A reply as it comes.

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::{LanguageModel, Request, Response, ToolCall};
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
    /// More of a call of a tool, which is whole at the end of the stream.
    Call(CallPart),
    /// The whole reply, which ends the stream.
    End(Response),
}

/// More of a call of a tool.
///
/// # Example
///
/// ```
/// use dspy::lm::{Chunk, LanguageModel, Message, Request, Response, Scripted, ToolCall};
/// use futures_util::StreamExt;
/// use serde_json::json;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let model = Scripted::new(|_, _| {
///     let mut response = Response::new("");
///     response.tool_calls = vec![ToolCall::new("1", "find_parcel", json!({"number": 7}))];
///     Ok(response)
/// });
/// let request = Request::from(vec![Message::user("Where is parcel 7?")]);
/// let chunks: Vec<_> = model.stream(&request).collect().await;
/// let call = chunks.iter().find_map(|chunk| match chunk {
///     Ok(Chunk::Call(part)) => Some(part),
///     _ => None,
/// });
/// assert_eq!(call.map(|part| part.arguments.as_str()), Some(r#"{"number":7}"#));
/// # }
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallPart {
    /// The place of the call among those of the reply, from 0.
    pub index: usize,
    /// More of the name of the tool, which is usually whole in the first part and missing in the others.
    pub name: String,
    /// More of the arguments, as the text of their JSON.
    pub arguments: String,
}

impl CallPart {
    /// A part of the call at a place.
    pub fn new(index: usize, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self { index, name: name.into(), arguments: arguments.into() }
    }

    /// A call that has come whole.
    pub(super) fn whole(index: usize, call: &ToolCall) -> Self {
        Self::new(index, &call.name, call.arguments.to_string())
    }
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
pub(crate) fn of<'a>(response: Response) -> BoxStream<'a, Result<Chunk>> {
    let thoughts = response.reasoning.as_ref().map(|reasoning| reasoning.text.clone());
    let thoughts = thoughts.filter(|text| !text.is_empty()).map(|text| Ok(Chunk::Reasoning(text)));
    let text = Ok(Chunk::Text(response.text.clone()));
    let calls = response.tool_calls.iter().enumerate();
    let calls: Vec<_> = calls.map(|(index, call)| Ok(Chunk::Call(CallPart::whole(index, call)))).collect();
    stream::iter(thoughts.into_iter().chain([text]).chain(calls).chain([Ok(Chunk::End(response))])).boxed()
}
