//! A closure as a tool.

use std::fmt::{self, Display};
use std::future::Future;
use std::marker::PhantomData;

use futures_util::future::{BoxFuture, FutureExt};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Tool, check_name, failed};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::signature::TypeSpec;

/// A closure as a tool, for one that needs more than its arguments, as a connection.
///
/// Its arguments are one struct, whose doc comments describe them to the model. What is wrong with them, and an error
/// that the closure gives, is reported to the model as `{"error": "…"}`. Where a function is enough, `#[tool]` is shorter.
///
/// # Example
///
/// ```
/// use dspy::tool::{Tool, ToolFn};
/// use dspy::{Context, Lm};
/// use serde_json::json;
///
/// #[derive(serde::Deserialize, schemars::JsonSchema)]
/// struct Parcel {
///     /// The number on the receipt.
///     number: usize,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let places = vec!["Lyon", "Paris"];
/// let find = ToolFn::new("find_parcel", "Says where a parcel is.", move |parcel: Parcel| {
///     let place = places.get(parcel.number).copied();
///     async move { place.ok_or("there is no such parcel") }
/// })?;
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// assert_eq!(find.call(&cx, json!({"number": 1})).await?, json!("Paris"));
/// assert_eq!(find.call(&cx, json!({"number": 2})).await?, json!({"error": "there is no such parcel"}));
/// # Ok(())
/// # }
/// ```
pub struct ToolFn<A, F> {
    name: String,
    description: String,
    parameters: Value,
    run: F,
    arguments: PhantomData<fn(A)>,
}

impl<A, F, R, T, E> ToolFn<A, F>
where
    A: DeserializeOwned + JsonSchema,
    F: Fn(A) -> R + Send + Sync,
    R: Future<Output = Result<T, E>> + Send,
    T: Serialize,
    E: Display,
{
    /// A tool of this name and description.
    ///
    /// # Errors
    ///
    /// When models cannot take the name, or the arguments are no struct with named fields.
    pub fn new(name: impl Into<String>, description: impl Into<String>, run: F) -> Result<Self> {
        let name = name.into();
        check_name(&name)?;
        let mut parameters = TypeSpec::of::<A>().schema().clone();
        let Some(object) = parameters.as_object_mut().filter(|object| is_object(object)) else {
            let wrong =
                "takes arguments that are no struct with named fields; a model gives them by their names";
            return Err(Error::declaration(format!("tool `{name}` {wrong}")));
        };
        for key in ["$schema", "title"] {
            object.remove(key);
        }
        Ok(Self { name, description: description.into(), parameters, run, arguments: PhantomData })
    }
}

fn is_object(schema: &Map<String, Value>) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object")
}

impl<A, F, R, T, E> Tool for ToolFn<A, F>
where
    A: DeserializeOwned,
    F: Fn(A) -> R + Send + Sync,
    R: Future<Output = Result<T, E>> + Send,
    T: Serialize,
    E: Display,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn parameters(&self) -> &Value {
        &self.parameters
    }

    fn call<'a>(&'a self, _: &'a Context, arguments: Value) -> BoxFuture<'a, Result<Value>> {
        async move {
            let arguments = match serde_path_to_error::deserialize(arguments) {
                Ok(arguments) => arguments,
                Err(wrong) => return Ok(failed(wrong)),
            };
            match (self.run)(arguments).await {
                Ok(value) => Ok(serde_json::to_value(value)?),
                Err(error) => Ok(failed(error)),
            }
        }
        .boxed()
    }
}

impl<A, F> fmt::Debug for ToolFn<A, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolFn").field("name", &self.name).finish_non_exhaustive()
    }
}
