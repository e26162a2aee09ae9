//! A free answer, and a second call that reads it.

use std::fmt::Write;
use std::sync::Arc;

use serde_json::Value;

use super::{Adapter, ChatAdapter, describe, for_model};
use crate::parse::{Mode, Parsed};
use crate::problem::Problem;
use crate::prompt::{JsonSupport, Message};
use crate::signature::Schema;
use crate::value::Record;

/// Lets the model answer in its own words, and has a second call read the outputs out of the answer:
/// for models that think better than they keep to a form.
///
/// The second call goes to the context's [`extraction_lm`](crate::Context::with_extraction_lm), which is
/// the same model unless another is set; a small one will do. Each answer costs two calls. What the second
/// call cannot write in its form, it is asked for again; what it reads and breaks a condition, the first
/// model is asked for again, and its new answer is read again. So a call of a predictor makes at most twice
/// as many LM calls as with other adapters, which plans count, and a [`Note`](crate::trace::Note) in the trace
/// says who read each answer.
///
/// # Example
///
/// ```
/// use dspy::adapter::TwoStep;
/// use dspy::lm::Scripted;
/// use dspy::{Context, Predict, signature};
///
/// /// Answer the question.
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
/// let thinker = Scripted::replies(["It is the city on the Seine, so I would say Paris."]);
/// let reader = Scripted::replies(["[[ ## word ## ]]\nParis"]);
/// let cx = Context::new(thinker).with_adapter(TwoStep::new()).with_extraction_lm(reader);
/// let reply = Predict::<Answer>::new().call(&cx, AnswerInput { question: "Capital of France?".into() }).await?;
/// assert_eq!((reply.word.as_str(), reply.usage().calls), ("Paris", 2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TwoStep {
    /// The one that fits the model which reads, where none was chosen.
    form: Option<Arc<dyn Adapter>>,
}

impl TwoStep {
    /// The second call writes JSON where its model can be held to it, and otherwise sections.
    pub fn new() -> Self {
        Self { form: None }
    }

    /// The second call writes in the form of this adapter.
    pub fn reading_with(form: impl Adapter + 'static) -> Self {
        Self { form: Some(Arc::new(form)) }
    }
}

impl Default for TwoStep {
    fn default() -> Self {
        Self::new()
    }
}

impl Adapter for TwoStep {
    fn name(&self) -> &'static str {
        "two_step"
    }

    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        let mut task = describe::task(schema, instructions);
        task.push_str(
            "\nInputs come as sections, each under a marker line. \
             Answer in your own words, and say clearly what each of the things that you produce is.\n",
        );
        let mut messages = vec![Message::system(task)];
        for demo in demos {
            messages.push(self.input(schema, demo));
            messages.push(self.output(schema, demo));
        }
        messages
    }

    fn input(&self, schema: &Schema, input: &Record) -> Message {
        let mut text = describe::sections(schema.inputs(), input);
        let _ = write!(text, "Answer with {}.", describe::output_names(schema));
        Message::user(text)
    }

    /// In no particular form, so that none is taught.
    fn output(&self, schema: &Schema, output: &Record) -> Message {
        let given = schema.outputs().filter_map(|field| Some((field.name(), output.get(field.name())?)));
        let lines = given.map(|(name, value)| match value {
            Value::String(text) => format!("{name}: {}", text.trim()),
            other => format!("{name}: {other}"),
        });
        Message::assistant(lines.collect::<Vec<_>>().join("\n"))
    }

    /// Reads the reply of the second call.
    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
        self.form.as_ref().unwrap_or(ChatAdapter::shared()).parse(schema, reply, mode)
    }

    fn extraction(&self, reader: JsonSupport) -> Option<Arc<dyn Adapter>> {
        Some(self.form.as_ref().unwrap_or_else(|| for_model(reader)).clone())
    }
}
