//! The behaviour of the library, seen from outside, in one binary.

mod artifact;
mod banking77;
mod context;
mod data;
mod evaluate;
mod gate;
mod gepa;
mod included;
mod inline;
mod journal;
mod lm_http;
mod mipro;
mod module;
mod optimize;
mod parse;
mod predict;
mod prompt;
mod server;
mod stream;
mod support;
mod task;
mod tool;
mod wiring;
