//! A program that is only wiring: `#[module(inputs -> outputs)]` on the struct names what goes in and
//! out, `#[call(inputs -> outputs)]` what each part does with it, and `forward` follows from the data.

mod check;
mod expand;
mod graph;
mod list;
mod model;
mod parse;
mod step;
mod table;

pub(crate) use check::wiring as check;
pub(crate) use expand::{WiredProgram, module, stub};
pub(crate) use model::{Call, Wiring};
pub(crate) use parse::{call, split, wiring};
pub(crate) use table::table;
