//! The reasoning before an answer, as an output.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema as JsonType, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The reasoning before an answer, as an output of a signature: `#[output] why: Reasoning`.
///
/// Where the model [gives its own](crate::lm::LanguageModel::gives_reasoning), this is it: the field stands neither in
/// the prompt nor in the form that the reply is held to, demonstrations are shown without it, and no token is spent on
/// writing it twice. With any other model it is a text like others. A model that was said to give its reasoning and
/// gave none is asked again, for the text. Of several outputs of this type the first is filled so.
///
/// [`ChainOfThought`](crate::ChainOfThought) has such a field, `reasoning`, before the outputs of its signature. In
/// data, demonstrations and artifacts it is a string.
///
/// # Example
///
/// ```
/// use dspy::lm::{Reasoning as Thoughts, Response, Scripted};
/// use dspy::{Context, Predict, Reasoning, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     #[input]
///     question: String,
///     /// What speaks for the answer.
///     #[output]
///     why: Reasoning,
///     /// One word.
///     #[output]
///     word: String,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let model = Scripted::new(|_, _| {
///     let mut response = Response::new("[[ ## word ## ]]\nParis");
///     response.reasoning = Some(Thoughts::new("It is France's capital."));
///     Ok(response)
/// });
/// let cx = Context::new(model.with_reasoning());
/// let input = AnswerInput { question: "Capital of France?".into() };
/// let reply = Predict::<Answer>::new().call(&cx, input).await?;
/// assert_eq!((&*reply.why, &*reply.word), ("It is France's capital.", "Paris"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reasoning(pub String);

/// The mark of the type in its schema, which is shown to nobody.
const MARK: &str = "x-reasoning";

/// Takes the mark out of a schema, wherever it stands, and says whether the type itself has it.
pub(super) fn unmarked(schema: &mut Value) -> bool {
    let is_marked = schema.get(MARK) == Some(&Value::Bool(true));
    if let Some(object) = schema.as_object_mut().filter(|_| is_marked) {
        object.shift_remove(MARK);
    }
    match schema {
        Value::Object(entries) => entries.values_mut().for_each(|value| {
            unmarked(value);
        }),
        Value::Array(values) => values.iter_mut().for_each(|value| {
            unmarked(value);
        }),
        _ => {}
    }
    is_marked
}

impl JsonSchema for Reasoning {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    // That of a string, so that whoever reads it is told nothing else.
    fn json_schema(generator: &mut SchemaGenerator) -> JsonType {
        let mut schema = String::json_schema(generator);
        schema.insert(MARK.to_owned(), true.into());
        schema
    }
}

impl Deref for Reasoning {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reasoning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Reasoning {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Reasoning {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}
