//! The behaviour of the library, seen from outside, in one binary.

mod adapter;
mod artifact;
mod banking77;
mod context;
mod data;
mod early_stop;
mod evaluate;
mod gate;
mod history;
mod included;
mod inline;
mod lm_http;
mod media;
mod module;
mod optimize;
mod parse;
mod predict;
mod prompt;
mod server;
mod stream;
mod support;
mod task;
mod tokens;
mod tool;
mod two_step;
mod wiring;
