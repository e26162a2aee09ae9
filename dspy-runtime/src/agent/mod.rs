//! Programs that act: a model calls tools until it can answer.
//!
//! [`ReAct`] is the agent; its [tools](mod@crate::tool) are functions, closures, structs, and those of other programs.

mod acted;
mod approval;
mod limits;
mod protocol;
mod react;
mod run;
mod spoken;

pub(crate) use acted::taken_name;
pub use acted::{Acted, Called, Ended, Turn};
pub use approval::Approval;
pub(crate) use limits::LeftOut;
pub(crate) use protocol::is_turn;
pub use react::ReAct;
