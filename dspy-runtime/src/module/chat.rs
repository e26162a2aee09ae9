//! A conversation with a program.

use std::fmt;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use serde_json::Value;

use super::{Module, StreamEvent};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::predictor::Prediction;
use crate::signature::{Fields, History, Signature};
use crate::value::Record;

/// Bytes of a token, for English text.
const BYTES: usize = 4;

/// A conversation with a program: it keeps the [`History`] of `S`, and keeps it short.
///
/// The program is any whose inputs are those of `S` and whose outputs have those of `S` among them: a
/// [`Predict<S>`](crate::Predict), a [`ChainOfThought<S>`](crate::ChainOfThought), a [`ReAct<S>`](crate::ReAct), a
/// custom module. A turn that fails, or is cancelled, leaves the history as it was.
///
/// Where the history is longer than [`tokens`](Self::tokens), the earliest turns are forgotten; how many is in
/// [`forgotten`](Self::forgotten). Where the model itself finds a prompt too long, the earlier half is forgotten and the
/// turn made again, as long as there is something to forget; each time costs what the turn costs. Else a turn costs what
/// a call of the program does.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Chat, Context, History, Predict, signature};
///
/// /// Answer the question.
/// #[signature]
/// struct Talk {
///     #[input]
///     history: History<Talk>,
///     #[input]
///     question: String,
///     /// In one word.
///     #[output]
///     word: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Scripted::replies(["[[ ## word ## ]]\nParis", "[[ ## word ## ]]\nSeine"]));
/// let mut chat = Chat::new(Predict::<Talk>::new()).tokens(2_000);
/// chat.say(&cx, |history| TalkInput { history, question: "Capital of France?".into() }).await?;
/// let reply = chat.say(&cx, |history| TalkInput { history, question: "And its river?".into() }).await?;
/// assert_eq!((reply.word.as_str(), chat.history().len()), ("Seine", 2));
/// # Ok(())
/// # }
/// ```
pub struct Chat<S, P> {
    program: P,
    history: History<S>,
    tokens: usize,
    forgotten: usize,
}

impl<S: Signature, P: Module<Input = S::Input>> Chat<S, P> {
    /// A conversation that has not begun, whose history may have 8,000 tokens.
    #[must_use]
    pub fn new(program: P) -> Self {
        Self { program, history: History::new(), tokens: 8_000, forgotten: 0 }
    }

    /// Sets the number of tokens that the history may have, estimated at four bytes a token; 8,000 by
    /// default. The last turn is forgotten, too, if it is longer by itself.
    #[must_use]
    pub fn tokens(mut self, tokens: usize) -> Self {
        self.tokens = tokens;
        self.shorten();
        self
    }

    /// Goes on with a conversation, such as one that was saved: a history is `serde`.
    #[must_use]
    pub fn with_history(mut self, history: History<S>) -> Self {
        self.history = history;
        self.shorten();
        self
    }

    /// Returns the exchanges that are remembered.
    pub fn history(&self) -> &History<S> {
        &self.history
    }

    /// Returns the number of turns that were forgotten.
    pub fn forgotten(&self) -> usize {
        self.forgotten
    }

    /// The program.
    pub fn program(&self) -> &P {
        &self.program
    }

    /// Forgets all turns.
    pub fn clear(&mut self) {
        self.forgotten += self.history.len();
        self.history = History::new();
    }

    /// Makes a turn: the closure puts the history into the inputs.
    ///
    /// # Errors
    ///
    /// As the program's call.
    pub async fn say(
        &mut self,
        cx: &Context,
        input: impl Fn(History<S>) -> S::Input,
    ) -> Result<Prediction<P::Output>> {
        loop {
            let input = input(self.history.clone());
            let said = input.to_record()?;
            match self.program.call(cx, input).await {
                Ok(reply) => {
                    self.remember(&said, &reply)?;
                    return Ok(reply);
                }
                Err(error) if error.kind() == ErrorKind::ContextWindow && !self.history.is_empty() => {
                    let half = self.history.len().div_ceil(2);
                    self.forget(half);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes a turn whose fields are seen as they come, as [`Module::stream`] does. It is remembered once the
    /// prediction has come.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::context::FieldEvent;
    /// use dspy::lm::Scripted;
    /// use dspy::module::StreamEvent;
    /// use dspy::{Chat, Context, History, Predict, signature};
    /// use futures_util::StreamExt;
    ///
    /// /// Answer the question.
    /// #[signature]
    /// struct Talk {
    ///     #[input]
    ///     history: History<Talk>,
    ///     #[input]
    ///     question: String,
    ///     /// In one word.
    ///     #[output]
    ///     word: String,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let cx = Context::new(Scripted::replies(["[[ ## word ## ]]\nParis"]).in_chunks(2));
    /// let mut chat = Chat::new(Predict::<Talk>::new());
    /// let mut shown = String::new();
    /// let mut turn = chat.stream(&cx, |history| TalkInput { history, question: "Capital of France?".into() });
    /// while let Some(event) = turn.next().await {
    ///     if let StreamEvent::Field(FieldEvent::FieldDelta { text, .. }) = event? {
    ///         shown.push_str(&text);
    ///     }
    /// }
    /// drop(turn);
    /// assert_eq!((shown.as_str(), chat.history().len()), ("Paris", 1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream<'a>(
        &'a mut self,
        cx: &Context,
        input: impl FnOnce(History<S>) -> S::Input,
    ) -> BoxStream<'a, Result<StreamEvent<P::Output>>>
    where
        P::Output: Send + 'static,
    {
        let input = input(self.history.clone());
        let said = input.to_record();
        let events = self.program.stream(cx, input);
        let remembered = move |event| match event {
            Ok(StreamEvent::Prediction(reply)) => {
                let said = said.as_ref().map_err(|error| Error::new(error.kind(), format!("{error:#}")))?;
                self.remember(said, &reply)?;
                Ok(StreamEvent::Prediction(reply))
            }
            event => event,
        };
        events.map(remembered).boxed()
    }

    fn remember(&mut self, said: &Record, reply: &P::Output) -> Result<()> {
        self.history.push_record(said, &reply.to_record()?);
        self.shorten();
        Ok(())
    }

    fn shorten(&mut self) {
        let size = |turn: &Record| turn.iter().map(|(name, value)| name.len() + bytes(value)).sum::<usize>();
        let sizes: Vec<usize> = self.history.turns().iter().map(size).collect();
        let mut left: usize = sizes.iter().sum();
        let mut too_many = 0;
        while left > self.tokens.saturating_mul(BYTES) {
            left -= sizes[too_many];
            too_many += 1;
        }
        self.forget(too_many);
    }

    fn forget(&mut self, turns: usize) {
        self.history.keep_last(self.history.len().saturating_sub(turns));
        self.forgotten += turns;
    }
}

fn bytes(value: &Value) -> usize {
    value.as_str().map_or_else(|| value.to_string().len(), str::len)
}

impl<S, P: Clone> Clone for Chat<S, P> {
    fn clone(&self) -> Self {
        Self { program: self.program.clone(), history: self.history.clone(), ..*self }
    }
}

impl<S, P: fmt::Debug> fmt::Debug for Chat<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat")
            .field("program", &self.program)
            .field("turns", &self.history.len())
            .field("tokens", &self.tokens)
            .field("forgotten", &self.forgotten)
            .finish()
    }
}
