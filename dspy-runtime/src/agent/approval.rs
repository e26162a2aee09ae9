//! Approval of tool calls.

use std::fmt;
use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};
use serde_json::Value;

use crate::lm::ToolCall;

/// The decision about a call of a tool before it runs; see [`ReAct::approve`](super::ReAct::approve).
///
/// A `bool` is one, and so is a `Result<(), String>`.
///
/// # Example
///
/// ```
/// use dspy::agent::Approval;
///
/// assert_eq!(Approval::from(true), Approval::Run);
/// assert_eq!(Approval::from(Err("not on Sundays".to_owned())), Approval::Refuse("not on Sundays".into()));
/// ```
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum Approval {
    /// It runs.
    Run,
    /// It runs with these arguments in place of the model's.
    RunWith(Value),
    /// It does not, and this is why, if there is more to say, for the model.
    Refuse(String),
}

impl From<bool> for Approval {
    fn from(runs: bool) -> Self {
        if runs { Self::Run } else { Self::Refuse(String::new()) }
    }
}

impl From<Result<(), String>> for Approval {
    fn from(said: Result<(), String>) -> Self {
        said.map_or_else(Self::Refuse, |()| Self::Run)
    }
}

/// The function that is asked; a cheap clone.
#[derive(Clone)]
pub(super) struct Approver(Arc<dyn Fn(ToolCall) -> BoxFuture<'static, Approval> + Send + Sync>);

impl Approver {
    pub(super) fn new<F, A>(ask: impl Fn(ToolCall) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = A> + Send + 'static,
        A: Into<Approval> + 'static,
    {
        Self(Arc::new(move |call| ask(call).map(Into::into).boxed()))
    }

    pub(super) async fn ask(&self, call: ToolCall) -> Approval {
        (self.0)(call).await
    }
}

impl fmt::Debug for Approver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Approver")
    }
}
