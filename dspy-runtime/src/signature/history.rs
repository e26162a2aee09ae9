//! Earlier turns of a conversation, as an input.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema as JsonType, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Fields, Signature};
use crate::error::Result;
use crate::value::Record;

/// The earlier turns of a conversation about a signature's task: `#[input] history: History<Chat>`.
///
/// The turns become messages of their own, the inputs of a turn from the user and its outputs from the
/// model, between the demonstrations and the present input. A turn keeps what the signature declares:
/// not the reasoning of a [`ChainOfThought`](crate::ChainOfThought), and no history of its own. Its JSON
/// form is a list of records.
///
/// # Example
///
/// ```
/// use dspy::lm::Scripted;
/// use dspy::{Context, History, Predict, signature};
///
/// /// Answer the question.
/// #[signature]
/// struct Chat {
///     #[input]
///     history: History<Chat>,
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
/// let chat = Predict::<Chat>::new();
/// let mut history = History::new();
/// for question in ["Capital of France?", "And its river?"] {
///     let input = ChatInput { history: history.clone(), question: question.into() };
///     let reply = chat.call(&cx, input.clone()).await?;
///     history.push(&input, &reply)?;
/// }
/// assert_eq!(history.len(), 2);
/// let authors: Vec<_> = cx.history(1).exchanges().flat_map(|last| last.request().messages.iter().map(|message| message.author()).collect::<Vec<_>>()).collect();
/// use dspy::lm::Author::{Assistant, System, User};
/// assert_eq!(authors, [System, User, Assistant, User]);
/// # Ok(())
/// # }
/// ```
pub struct History<S> {
    turns: Vec<Record>,
    signature: PhantomData<fn() -> S>,
}

impl<S> History<S> {
    /// Makes a history without turns.
    pub fn new() -> Self {
        Self { turns: Vec::new(), signature: PhantomData }
    }

    /// The turns, the earliest first.
    pub fn turns(&self) -> &[Record] {
        &self.turns
    }

    /// Returns the number of turns.
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    /// Returns whether there are no turns.
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }

    /// Forgets all but the last turns.
    pub fn keep_last(&mut self, turns: usize) {
        self.turns.drain(..self.turns.len().saturating_sub(turns));
    }
}

impl<S: Signature> History<S> {
    /// Adds a turn at the end.
    ///
    /// # Errors
    ///
    /// When a value has no JSON form, as a map whose keys are not strings.
    pub fn push(&mut self, input: &S::Input, output: &S::Output) -> Result<()> {
        self.push_record(&input.to_record()?, &output.to_record()?);
        Ok(())
    }

    /// Adds records, which may have more than the signature's fields.
    pub(crate) fn push_record(&mut self, input: &Record, output: &Record) {
        let kept = S::schema().inputs().filter(|field| !field.spec().is_history());
        let mut turn = input.only(kept.map(|field| field.name()));
        for field in S::schema().outputs() {
            if let Some(value) = output.get(field.name()) {
                turn.insert(field.name(), value.clone());
            }
        }
        self.turns.push(turn);
    }
}

/// Returns whether a schema is that of a history.
pub(super) fn is(schema: &Value) -> bool {
    schema.get("x-history") == Some(&Value::Bool(true))
}

impl<S> JsonSchema for History<S> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "History".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> JsonType {
        json_schema!({ "type": "array", "items": { "type": "object" }, "x-history": true })
    }
}

impl<S> Serialize for History<S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        self.turns.serialize(serializer)
    }
}

impl<'de, S> Deserialize<'de> for History<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { turns: Vec::deserialize(deserializer)?, signature: PhantomData })
    }
}

impl<S> Default for History<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Clone for History<S> {
    fn clone(&self) -> Self {
        Self { turns: self.turns.clone(), signature: PhantomData }
    }
}

impl<S> PartialEq for History<S> {
    fn eq(&self, other: &Self) -> bool {
        self.turns == other.turns
    }
}

impl<S> fmt::Debug for History<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.turns).finish()
    }
}
