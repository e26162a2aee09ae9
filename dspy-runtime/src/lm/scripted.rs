//! A model with canned replies, for tests.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream};

use super::{CallPart, Chunk, JsonSupport, LanguageModel, ModelId, Request, Response, chunk};
use crate::error::{Error, ErrorKind, Result};
use crate::media::Media;

/// A model that replies what a test tells it to.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, Predict, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Scripted::replies(["[[ ## word ## ]]\nParis"]));
/// let answer = Predict::<Answer>::new().call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!(answer.word, "Paris");
/// # Ok(())
/// # }
/// ```
pub struct Scripted {
    id: ModelId,
    script: Box<Script>,
    calls: AtomicUsize,
    chunk: Option<usize>,
    tools: bool,
    reasoning: bool,
    json: JsonSupport,
}

type Script = dyn Fn(usize, &Request) -> Result<Response> + Send + Sync;

impl Scripted {
    /// Replies these texts one after the other; a call beyond them is an error.
    pub fn replies<T: Into<String>>(replies: impl IntoIterator<Item = T>) -> Self {
        let replies: Vec<String> = replies.into_iter().map(Into::into).collect();
        Self::new(move |call, _| match replies.get(call) {
            Some(reply) => Ok(Response::new(reply)),
            None => {
                let message = format!("the script has {} replies, this is call {}", replies.len(), call + 1);
                Err(Error::new(ErrorKind::InvalidRequest, message))
            }
        })
    }

    /// Replies what a closure makes of the request and its number, from 0.
    pub fn new(script: impl Fn(usize, &Request) -> Result<Response> + Send + Sync + 'static) -> Self {
        Self {
            id: ModelId::new("test", "scripted"),
            script: Box::new(script),
            calls: AtomicUsize::new(0),
            chunk: None,
            tools: false,
            reasoning: false,
            json: JsonSupport::None,
        }
    }

    /// Replies to the text of the last message, whichever call it is; right for concurrent tests.
    pub fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::new(move |_, request| {
            let last = request.messages.iter().last().map(super::Message::text);
            Ok(Response::new(answer(last.unwrap_or_default())))
        })
    }

    /// Streams replies in chunks of so many characters, instead of all at once.
    #[must_use]
    pub fn in_chunks(mut self, characters: usize) -> Self {
        self.chunk = Some(characters.max(1));
        self
    }

    /// Takes [tools](Request::tools) as providers do; by default it is text alone.
    #[must_use]
    pub fn with_tools(mut self) -> Self {
        self.tools = true;
        self
    }

    /// Says that every reply comes with [reasoning](Response::reasoning), which the script has to give; by default it
    /// does not.
    #[must_use]
    pub fn with_reasoning(mut self) -> Self {
        self.reasoning = true;
        self
    }

    /// Can be held to JSON as far as this; by default not at all, so that a context asks in sections.
    #[must_use]
    pub fn with_json(mut self, support: JsonSupport) -> Self {
        self.json = support;
        self
    }

    /// Gives the model another name.
    #[must_use]
    pub fn named(mut self, id: ModelId) -> Self {
        self.id = id;
        self
    }
}

impl LanguageModel for Scripted {
    fn id(&self) -> &ModelId {
        &self.id
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        async move { (self.script)(call, request) }.boxed()
    }

    fn takes_tools(&self) -> bool {
        self.tools
    }

    fn gives_reasoning(&self) -> bool {
        self.reasoning
    }

    fn json_support(&self) -> JsonSupport {
        self.json
    }

    /// It can be shown anything.
    fn refuses(&self, _: &Media) -> Option<String> {
        None
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        let Some(size) = self.chunk else { return chunk::whole(self, request) };
        let chunks = move |response: Response| {
            let parts = |text: &str, part: fn(String) -> Chunk| -> Vec<_> {
                let text: Vec<char> = text.chars().collect();
                text.chunks(size).map(|chunk| Ok(part(chunk.iter().collect()))).collect()
            };
            let thoughts = response.reasoning.as_ref().map(|reasoning| reasoning.text.as_str());
            let mut chunks = parts(thoughts.unwrap_or_default(), Chunk::Reasoning);
            chunks.extend(parts(&response.text, Chunk::Text));
            for (index, call) in response.tool_calls.iter().enumerate() {
                let arguments: Vec<char> = call.arguments.to_string().chars().collect();
                chunks.push(Ok(Chunk::Call(CallPart::new(index, &call.name, ""))));
                let part =
                    |part: &[char]| Chunk::Call(CallPart::new(index, "", part.iter().collect::<String>()));
                chunks.extend(arguments.chunks(size).map(|more| Ok(part(more))));
            }
            stream::iter(chunks.into_iter().chain([Ok(Chunk::End(response))]))
        };
        stream::once(self.complete(request))
            .flat_map(move |reply| match reply {
                Ok(response) => chunks(response).boxed(),
                Err(error) => stream::once(ready(Err(error))).boxed(),
            })
            .boxed()
    }
}

impl std::fmt::Debug for Scripted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scripted").field("id", &self.id).field("calls", &self.calls).finish_non_exhaustive()
    }
}
