//! The predictor of a signature that is known only at run time.

use std::sync::Arc;

use super::grammar::{self, Kind};
use crate::adapter::Adapter;
use crate::context::Context;
use crate::error::{ErrorKind, Result};
use crate::module::{Module, Predictors, Program, Visit, VisitMut};
use crate::predictor::{Prediction, Predictor, Reading};
use crate::problem::Problem;
use crate::signature::{Fields, Reader, Role, Schema, Writer};
use crate::trace::Trace;
use crate::value::Record;

/// One LM call for a signature that is known only at run time, on [`Record`]s.
///
/// For tasks that a program learns of while it runs. Where they are known when it is compiled, use
/// `#[signature]` or [`predict!`](crate::predict!), which rustc checks. The values that go in and come
/// out are held to their types here too. Its path is `self`.
///
/// # Grammar
///
/// `"instructions", inputs -> outputs`, where the instructions can be left out. A field is a name, with
/// `: type` and a `"description"` if there is one; without a type it is text. Types are written as in
/// Rust or as in Python:
///
/// | text | type |
/// |---|---|
/// | `str`, `String` | text |
/// | `int`, `i64` …, `u8` … | integer; `u…` are not negative |
/// | `float`, `f64` | number |
/// | `bool` | boolean |
/// | `list[T]`, `Vec<T>` | list |
/// | `dict[str, T]`, `HashMap<String, T>` | map |
/// | `Literal['a', 'b']` | one of the labels |
/// | `Optional[T]`, `Option<T>`, `T \| None` | `T` or null |
/// | `T \| U`, `Union[T, U]` | one of both |
/// | `Any` | any JSON value |
///
/// # Example
///
/// ```
/// use dspy::data::Record;
/// use dspy::lm::Scripted;
/// use dspy::predict::DynPredict;
/// use dspy::Context;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let answer = DynPredict::parse("question, context: list[str] -> answer: str, sure: bool")?;
/// let cx = Context::new(Scripted::replies([r#"{"answer": "Paris", "sure": true}"#]));
/// let mut input = Record::from_iter([("question", "Capital of France?")]);
/// input.insert("context", vec!["Paris is the capital of France."]);
/// let reply = answer.call(&cx, input).await?;
/// assert_eq!(reply.get("sure"), Some(&true.into()));
///
/// let error = DynPredict::parse("question -> answer: sting").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the signature cannot be read: unknown type `sting`; did you mean `String`?\n  \
///        question -> answer: sting\n  \
///     \x20                   ^^^^^",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DynPredict {
    core: Predictor,
    kinds: Arc<[Kind]>,
}

impl DynPredict {
    /// A predictor for a custom schema, for types that no text names. Replies are held to the types of its
    /// outputs; inputs must be there, and may have any value.
    ///
    /// # Example
    ///
    /// ```
    /// use dspy::data::Record;
    /// use dspy::lm::Scripted;
    /// use dspy::predict::DynPredict;
    /// use dspy::signature::SchemaBuilder;
    /// use dspy::Context;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> dspy::Result<()> {
    /// let code = json!({"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"});
    /// let schema = SchemaBuilder::new("Find", "Find the code of the order.")
    ///     .input::<String>("text", "")
    ///     .output_schema("code", "", code)
    ///     .build();
    /// let find = DynPredict::new(schema);
    /// let cx = Context::new(Scripted::replies([r#"{"code": "AB-123"}"#]));
    /// let reply = find.call(&cx, Record::from_iter([("text", "It is AB-123.")])).await?;
    /// assert_eq!(reply.get("code"), Some(&"AB-123".into()));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn new(schema: Arc<Schema>) -> Self {
        let kinds = schema.fields().iter().map(|_| Kind::Any).collect();
        Self { core: Predictor::new(schema, "self"), kinds }
    }

    /// A predictor for the signature that a text says.
    ///
    /// # Errors
    ///
    /// When the text is not a signature; the error shows it with a caret under the place.
    pub fn parse(signature: &str) -> Result<Self> {
        let parsed = grammar::parse(signature)?;
        Ok(Self { core: Predictor::new(parsed.schema, "self"), kinds: parsed.kinds.into() })
    }

    /// The signature model.
    pub fn schema(&self) -> &Arc<Schema> {
        self.core.schema()
    }

    /// Writes its prompts and reads its replies with an adapter of its own, whatever the context's is.
    ///
    /// It is part of the program, like the signature: clones, other states and artifacts leave it alone.
    #[must_use]
    pub fn adapter(mut self, adapter: impl Adapter + 'static) -> Self {
        self.core.set_adapter(adapter);
        self
    }

    /// Makes the call.
    ///
    /// # Errors
    ///
    /// When the inputs are not those of the signature, the model cannot be reached, the budget is spent,
    /// or no reply can be read as the outputs.
    pub async fn call(&self, cx: &Context, input: Record) -> Result<Prediction<Record>> {
        self.check_input(&input)?;
        let mut output = Record::new();
        let mut decode = |record: Record| {
            let record = self.complete(record);
            let problems = self.problems(Role::Output, &record);
            output = record;
            if problems.is_empty() { Ok(()) } else { Err(problems) }
        };
        let reading = Reading::new(&mut decode, |_, _| Vec::new());
        let step = self.core.run(cx, input, reading).await?;
        Ok(Prediction::new(output, Trace::new(vec![step])))
    }

    fn check_input(&self, input: &Record) -> Result<()> {
        let mut problems = self.problems(Role::Input, input);
        let schema = self.schema();
        let unknown = input.names().filter(|name| schema.inputs().all(|field| field.name() != *name));
        problems.extend(unknown.map(|name| Problem::new(name, "", "the signature has no such input")));
        if problems.is_empty() { Ok(()) } else { Err(Problem::error(ErrorKind::Data, problems)) }
    }

    // A value that may be null may be left out.
    fn complete(&self, mut record: Record) -> Record {
        for field in self.schema().outputs() {
            if !record.contains(field.name()) {
                record.insert(field.name(), serde_json::Value::Null);
            }
        }
        record
    }

    fn problems(&self, role: Role, record: &Record) -> Vec<Problem> {
        let fields = self.schema().fields().iter().zip(&*self.kinds);
        let fields = fields.filter(|(field, _)| field.role() == role);
        let problem = |(field, kind): (&crate::signature::Field, &Kind)| {
            let (name, expected) = (field.name(), field.spec().text());
            let Some(value) = record.get(name) else {
                return Some(Problem::missing(name).of(name, expected));
            };
            let (path, found) = grammar::misfit(kind, value)?;
            let reason = "it is not of the type";
            Some(Problem::new(&format!("{name}{path}"), &found.to_string(), reason).of(name, expected))
        };
        fields.filter_map(problem).collect()
    }
}

impl Module for DynPredict {
    type Input = Record;
    type Output = Record;

    async fn forward(&self, cx: &Context, input: Record) -> Result<Record> {
        Ok(DynPredict::call(self, cx, input).await?.into_inner())
    }
}

impl Predictors for DynPredict {
    fn visit(&self, visit: &mut Visit<'_>) {
        visit.predictor(&self.core);
    }

    fn visit_mut(&mut self, visit: &mut VisitMut<'_>) {
        visit.predictor(&mut self.core);
    }
}

impl Program for DynPredict {
    const NAME: &'static str = "DynPredict";
}

/// A record is fields already.
impl Fields for Record {
    type Answer = Self;

    fn into_answer(self) -> Self {
        self
    }

    fn write(&self, to: &mut Writer) {
        self.iter().for_each(|(name, value)| to.field(name, value));
    }

    fn read(from: &mut Reader) -> Option<Self> {
        Some(from.take_all())
    }
}
