//! The interpreter as its users see it.

mod hostile;
mod language;
mod session;
mod soup;
