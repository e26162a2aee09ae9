//! The declaration of a task: signatures, their schemas, and the typed edge to records.

mod closed;
mod constraint;
mod describe;
mod described;
mod fields;
mod history;
mod json_schema;
mod media;
mod nested;
mod reasoning;
mod schema;
mod shape;
mod skeleton;
mod suggest;
mod types;

use std::sync::Arc;

pub use constraint::Constraint;
#[doc(hidden)]
pub use described::Described;
pub(crate) use described::typed;
#[doc(hidden)]
pub use fields::{Checked, Reader, Violations, Writer};
pub use fields::{FieldType, Fields};
pub use history::History;
pub use json_schema::JsonFormat;
pub(crate) use json_schema::without_true;
pub use reasoning::Reasoning;
pub use schema::{Field, Role, Schema, SchemaBuilder};
pub(crate) use shape::{Keys, ObjectShape, Others, Shape, ShapeId, Shapes};
pub(crate) use skeleton::{Entry, object};
pub(crate) use suggest::nearest;
pub(crate) use types::takes_null;
pub use types::{Label, TypeSpec};

/// A task for a language model: what goes in, what comes out, and the instructions between them.
///
/// Made by `#[signature]` on a struct; there is no need to implement it by hand. The struct's doc
/// comment becomes the instructions, the fields' doc comments the descriptions.
///
/// # Example
///
/// ```
/// use dspy::{Signature, signature};
///
/// /// Answer the question in one word.
/// #[signature]
/// struct Answer {
///     /// What is asked.
///     #[input]
///     question: String,
///     /// The word.
///     #[output]
///     word: String,
/// }
///
/// let schema = Answer::schema();
/// assert_eq!(schema.instructions(), "Answer the question in one word.");
/// assert_eq!(schema.inputs().map(|field| field.name()).collect::<Vec<_>>(), ["question"]);
/// assert_eq!(schema.outputs().map(|field| field.description()).collect::<Vec<_>>(), ["The word."]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a signature",
    label = "not a signature",
    note = "put `#[signature]` on the struct and mark its fields `#[input]` and `#[output]`"
)]
pub trait Signature: Send + Sync + Sized + 'static {
    /// The inputs alone.
    type Input: Fields + Clone + std::fmt::Debug;
    /// The outputs alone.
    type Output: Fields<Answer = Self::Output> + Clone + std::fmt::Debug;

    /// The names of the fields, for checks at compile time.
    #[doc(hidden)]
    const NAMES: Option<FieldNames> = None;

    /// The signature model at run time.
    fn schema() -> &'static Arc<Schema>;

    /// Checks the conditions that the outputs declare.
    fn check(outputs: &Checked<'_, Self::Output>, found: &mut Violations) {
        let _ = (outputs, found);
    }
}

/// The names of a signature's fields, as they are known when the program is compiled.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct FieldNames {
    /// The inputs.
    pub inputs: &'static [&'static str],
    /// An output that the predictor puts before the others.
    pub first: Option<&'static str>,
    /// The outputs.
    pub outputs: &'static [&'static str],
}

/// A row of data: the inputs of a task, its labels, and what else travels with them.
///
/// Every `#[signature]` struct is one. Its `#[meta]` fields never reach a model; one named `id`
/// names the row in reports and lets [`Splits`](crate::Splits) find a row that is in two of them.
///
/// # Example
///
/// ```
/// use dspy::signature::Row;
/// use dspy::signature;
///
/// /// Name the capital of a country.
/// #[signature]
/// struct Capital {
///     #[meta]
///     id: String,
///     #[input]
///     country: String,
///     /// Its name alone.
///     #[output]
///     capital: String,
/// }
///
/// let row = Capital { id: "fr".into(), country: "France".into(), capital: "Paris".into() };
/// assert_eq!(row.input().country, "France");
/// assert_eq!(row.output().capital, "Paris");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a row of data",
    label = "not a row",
    note = "a `#[signature]` struct is also the row of its data set"
)]
pub trait Row: Signature + Fields {
    /// The inputs of the row.
    fn input(&self) -> Self::Input;

    /// The labels of the row.
    fn output(&self) -> Self::Output;
}
