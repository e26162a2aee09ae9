//! Exchanges with a model, kept in a file and played back.

mod tape;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::{BoxFuture, FutureExt};
use futures_util::stream::{self, BoxStream};

use tape::Tape;

use super::{Chunk, JsonSupport, LanguageModel, Lm, ModelId, Request, Response};
use crate::error::Result;
use crate::media::Media;

/// A file of real exchanges with a model, one JSON line each, that stands in for the model later: in tests, in
/// reviews, offline.
///
/// [`record`](Cassette::record) writes every exchange of a model, [`replay`](Cassette::replay) answers from the file
/// alone, and [`replay_or`](Cassette::replay_or) asks a model, and records, from the first request on that the file
/// has no reply to. Requests differ by everything that is in them, not by their order; the same one
/// asked several times gets the recorded replies in turn, and the last of them again and again. Failures are
/// recorded and played back, too.
///
/// The file holds prompts and replies, so it is as confidential as they are; what must not be in it is taken
/// out by [`redact`](Cassette::redact). Keys, headers and the names of calls are never in it.
///
/// Put it outside of [`Retry`](super::Retry), so that it keeps what a call came to in the end.
///
/// # Example
///
/// ```
/// use dspy::lm::{Cassette, Scripted};
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
/// # let file = std::env::temp_dir().join(format!("dspy-doc-cassette-{}.jsonl", std::process::id()));
/// let ask = || AnswerInput { question: "Capital of France?".into() };
/// let model = Scripted::replies(["[[ ## word ## ]]\nParis"]);
/// let cx = Context::new(Cassette::record(&file, model)?);
/// Predict::<Answer>::new().call(&cx, ask()).await?;
///
/// let cassette = Cassette::replay(&file)?;
/// let cx = Context::new(cassette.clone());
/// assert_eq!(Predict::<Answer>::new().call(&cx, ask()).await?.word, "Paris");
/// assert_eq!(cassette.unplayed(), 0);
/// # std::fs::remove_file(file).expect("it was written");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Cassette {
    tape: Arc<Tape>,
    /// The model for calls that are not on the tape.
    lm: Option<Lm>,
    says: Says,
}

/// The identity and abilities of a model.
#[derive(Clone)]
struct Says {
    id: ModelId,
    json: JsonSupport,
    tools: bool,
    reasoning: bool,
}

impl Cassette {
    /// Asks a model and writes every exchange to a new file, in place of an old one.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn record(path: impl AsRef<Path>, lm: impl Into<Lm>) -> Result<Self> {
        let lm = lm.into();
        let model = lm.model();
        let says = Says {
            id: lm.id().clone(),
            json: model.json_support(),
            tools: model.takes_tools(),
            reasoning: model.gives_reasoning(),
        };
        let tape = Arc::new(Tape::create(path.as_ref(), &says)?);
        Ok(Self { tape, lm: Some(lm), says })
    }

    /// Answers from a file alone. A request that is not in it is an error of kind
    /// [`NotConfigured`](crate::ErrorKind::NotConfigured).
    ///
    /// # Errors
    ///
    /// When the file cannot be read or is no cassette; the error names the line.
    pub fn replay(path: impl AsRef<Path>) -> Result<Self> {
        let (tape, says) = Tape::open(path.as_ref())?;
        Ok(Self { tape: Arc::new(tape), lm: None, says })
    }

    /// Answers from a file as far as it goes; whatever it has no reply to is asked of the model and added to
    /// the file, which is made where there is none.
    ///
    /// # Errors
    ///
    /// As [`replay`](Cassette::replay), and when the file is of another model.
    pub fn replay_or(path: impl AsRef<Path>, lm: impl Into<Lm>) -> Result<Self> {
        let (path, lm) = (path.as_ref(), lm.into());
        if !path.exists() {
            return Self::record(path, lm);
        }
        let cassette = Self::replay(path)?;
        cassette.tape.continue_with(lm.id(), &cassette.says.id)?;
        Ok(Self { lm: Some(lm), ..cassette })
    }

    /// Changes every text before it is written and before it is looked up, such as names of customers. What is
    /// taken out of a reply is not in it when it is played back. Call it before anything is recorded or played.
    #[must_use]
    pub fn redact(self, redact: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        self.tape.redact(Box::new(redact));
        self
    }

    /// Returns the number of exchanges of the file that were not played yet.
    pub fn unplayed(&self) -> usize {
        self.tape.unplayed()
    }
}

impl LanguageModel for Cassette {
    fn id(&self) -> &ModelId {
        &self.says.id
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        async move {
            let key = self.tape.key(request);
            match (self.tape.played(&key), &self.lm) {
                (Some(outcome), _) => outcome,
                (None, None) => Err(self.tape.missing(&key)),
                (None, Some(lm)) => {
                    let outcome = lm.model().complete(request).await;
                    self.tape.keep(&key, &outcome, lm)?;
                    outcome
                }
            }
        }
        .boxed()
    }

    fn stream<'a>(&'a self, request: &'a Request) -> BoxStream<'a, Result<Chunk>> {
        let Some(lm) = self.lm.as_ref().filter(|_| !self.tape.has(&self.tape.key(request))) else {
            return super::chunk::whole(self, request);
        };
        let chunks = lm.model().stream(request);
        chunks
            .flat_map(move |chunk| {
                let kept = match &chunk {
                    Ok(Chunk::End(response)) => {
                        self.tape.keep(&self.tape.key(request), &Ok(response.clone()), lm)
                    }
                    _ => Ok(()),
                };
                stream::iter(kept.err().map(Err).into_iter().chain([chunk]))
            })
            .boxed()
    }

    fn json_support(&self) -> JsonSupport {
        self.says.json
    }

    fn takes_tools(&self) -> bool {
        self.says.tools
    }

    fn gives_reasoning(&self) -> bool {
        self.says.reasoning
    }

    fn refuses(&self, media: &Media) -> Option<String> {
        self.lm.as_ref().and_then(|lm| lm.model().refuses(media))
    }

    fn is_secret_in(&self, text: &str) -> bool {
        self.lm.as_ref().is_some_and(|lm| lm.model().is_secret_in(text))
    }
}

impl fmt::Debug for Cassette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cassette").field("tape", &self.tape).field("lm", &self.lm).finish_non_exhaustive()
    }
}
