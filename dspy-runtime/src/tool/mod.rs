//! Tools: functions that a model may ask for.

#[doc(hidden)]
pub mod answer;
mod arguments;
mod closure;
mod part;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::lm::ToolSpec;
pub(crate) use arguments::unknown;
pub use closure::ToolFn;
pub use part::{ToolInput, ToolOutput, ToolPart, Toolbox};

/// A function that a model may call, by name and with JSON.
///
/// `#[tool]` on a function makes one, [`ToolFn`] a closure; your own struct implements it. What goes wrong in
/// a call is for the model to see and to repair, so it is a value, `{"error": "…"}`: an argument that is
/// missing, unknown or of another type, and an error that the function gives. Only what no model can repair
/// is an `Err`: a spent budget, a refused key.
///
/// # Example
///
/// ```
/// use dspy::tool::Tool;
/// use dspy::{Context, Lm, tool};
/// use serde_json::json;
///
/// /// Says where a parcel is.
/// #[tool]
/// async fn find_parcel(
///     /// The number on the receipt.
///     number: u32,
///     /// How many of its last places to give.
///     places: Option<usize>,
/// ) -> Result<Vec<String>, String> {
///     match number {
///         7 => Ok(vec!["Lyon".to_owned(); places.unwrap_or(1)]),
///         _ => Err(format!("there is no parcel {number}")),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// let cx = Context::new(Lm::new("builtin/lexical")?);
/// assert_eq!(FindParcel.name(), "find_parcel");
/// assert_eq!(FindParcel.description(), "Says where a parcel is.");
/// assert_eq!(FindParcel.parameters()["properties"]["number"]["description"], "The number on the receipt.");
/// assert_eq!(FindParcel.parameters()["required"], json!(["number"]));
/// assert_eq!(FindParcel.call(&cx, json!({"number": 7})).await?, json!(["Lyon"]));
/// assert_eq!(FindParcel.call(&cx, json!({"number": 8})).await?, json!({"error": "there is no parcel 8"}));
/// # Ok(())
/// # }
/// ```
pub trait Tool: Send + Sync + fmt::Debug {
    /// The name that models call it by.
    fn name(&self) -> &str;

    /// Returns the description, for models to choose by.
    fn description(&self) -> &str;

    /// The JSON schema of its arguments, an object.
    fn parameters(&self) -> &Value;

    /// Calls it with the arguments that a model gave.
    ///
    /// # Errors
    ///
    /// When something is wrong that no model can repair, as a spent budget; the rest is a value.
    fn call<'a>(&'a self, cx: &'a Context, arguments: Value) -> BoxFuture<'a, Result<Value>>;
}

impl<T: Tool + ?Sized> From<&T> for ToolSpec {
    fn from(tool: &T) -> Self {
        Self::new(tool.name(), tool.description(), tool.parameters().clone())
    }
}

macro_rules! through_pointers {
    ($($pointer:ident),*) => {$(
        impl<T: Tool + ?Sized> Tool for $pointer<T> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn description(&self) -> &str {
                (**self).description()
            }

            fn parameters(&self) -> &Value {
                (**self).parameters()
            }

            fn call<'a>(&'a self, cx: &'a Context, arguments: Value) -> BoxFuture<'a, Result<Value>> {
                (**self).call(cx, arguments)
            }
        }
    )*};
}

through_pointers!(Arc, Box);

/// Checks that models can call a tool by this name.
fn check_name(name: &str) -> Result<()> {
    if is_name(name) {
        return Ok(());
    }
    let takes = "models take letters, digits, `_` and `-`, at most 64";
    Err(Error::declaration(format!("`{name}` cannot name a tool; {takes}")))
}

/// Returns whether models can call a tool by this name.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(fits)
}

/// Returns the message to a model about a call that failed.
pub(crate) fn failed(message: impl fmt::Display) -> Value {
    json!({"error": message.to_string()})
}

/// Returns whether a value is such a message.
pub(crate) fn is_failed(given: &Value) -> bool {
    given.as_object().is_some_and(|given| given.len() == 1 && given.contains_key("error"))
}

fn _is_object_safe(_: Box<dyn Tool>) {}
