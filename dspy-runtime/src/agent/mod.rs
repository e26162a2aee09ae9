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

pub use acted::{Acted, Called, Ended, Turn};
pub(crate) use acted::{ENDED, TRAJECTORY, taken_name};
pub use approval::Approval;
pub(crate) use limits::LeftOut;
pub use react::ReAct;
