//! Programs that act: a model calls tools until it can answer.
//!
//! [`ReAct`] is the agent; its [tools](mod@crate::tool) are functions, closures, structs, and those of other programs.

mod approval;
mod limits;
mod output;
mod protocol;
mod react;
mod run;
mod spoken;

pub use approval::Approval;
pub(crate) use limits::LeftOut;
pub(crate) use output::taken_name;
pub use output::{AgentOutput, StopReason, ToolInvocation, Turn};
pub(crate) use protocol::is_turn;
pub use react::ReAct;
