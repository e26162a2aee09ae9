//! Programs that write code.

mod interpreter;
#[cfg(feature = "python")]
mod python;
mod ran;

pub use interpreter::{Host, HostReply, Interpreter, Limits, NoFunctions, Session};
#[cfg(feature = "python")]
pub use python::Python;
pub use ran::{CodeError, Limit, Ran};
