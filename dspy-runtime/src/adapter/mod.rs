//! Adapters: they turn a schema, a state and inputs into messages, and a reply back into outputs.
//!
//! | adapter | asks for | when |
//! |---|---|---|
//! | [`JsonAdapter`] | one JSON object, held to its schema where the model can be | by default, for models that can be [held to JSON](crate::lm::LanguageModel::json_support) |
//! | [`ChatAdapter`] | sections under markers | by default, for all others; needs nothing from the model but text |
//! | [`XmlAdapter`] | tags | code and markup, models that keep to tags |
//! | [`TwoStep`] | a free answer, which a second call reads | models that think better than they keep to a form |
//!
//! One is set for all calls with [`Context::with_adapter`](crate::Context::with_adapter), and for one predictor
//! with [`Predict::adapter`](crate::Predict::adapter), which wins. Which defaults are best was measured on real models:
//! see `benches/README.md`, and [`AdapterProbe`](crate::evaluate::AdapterProbe) to measure it on your own.
//!
//! Whichever it is, the same rule holds for a reply that cannot be read: it is read in the other formats, then asked
//! for again with the error and the exact form, at most as often as
//! [`Context::with_parse_retries`](crate::Context::with_parse_retries) says. Sections and tags are asked for again as JSON where the
//! model can be held to it. A reply that says the same over and over until the token limit cuts it off is asked for
//! again with a frequency penalty, and one that comes back unchanged with a higher temperature; a
//! [`Note`](crate::trace::Note) says so. The last error also names the problems of the first reply, and every call is counted.
//!
//! The order of a prompt never changes, so that providers can reuse its beginning: the task, the
//! demonstrations, the earlier turns of a [`History`](crate::History), the input.

mod chat;
mod describe;
mod json;
mod layout;
pub mod split;
mod tools;
mod two_step;
mod xml;

use std::fmt;
use std::sync::Arc;

pub use chat::ChatAdapter;
pub use json::JsonAdapter;
pub use layout::Layout;
use split::Splitter;
pub(crate) use tools::{NativeTools, WithTools};
pub use two_step::TwoStep;
pub use xml::XmlAdapter;

/// The adapter for a model for which none was chosen. One that can be held to a form is never asked for
/// another.
pub(crate) fn for_model(support: JsonSupport) -> &'static Arc<dyn Adapter> {
    match support {
        JsonSupport::None => ChatAdapter::shared(),
        _ => JsonAdapter::shared(),
    }
}

use crate::parse::{Mode, Parsed};
use crate::problem::Problem;
use crate::prompt::{JsonSupport, Message, ResponseFormat};
use crate::signature::Schema;
use crate::value::Record;

/// A prompt format: how a task is written for a model, and how its reply is read.
///
/// Pure text, no I/O. What the state of a predictor fixes (instructions, fields, demonstrations) is
/// written once per state by [`fixed`](Adapter::fixed); a call only writes its [`input`](Adapter::input).
///
/// # Example
///
/// A custom adapter may build on another:
///
/// ```
/// use dspy::adapter::{Adapter, ChatAdapter};
/// use dspy::data::Record;
/// use dspy::lm::Message;
/// use dspy::parse::{Mode, Parsed, Problem};
/// use dspy::signature::Schema;
///
/// #[derive(Debug)]
/// struct Polite(ChatAdapter);
///
/// impl Adapter for Polite {
///     fn name(&self) -> &'static str {
///         "polite"
///     }
///     fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
///         self.0.fixed(schema, &format!("{instructions} Be polite."), demos)
///     }
///     fn input(&self, schema: &Schema, input: &Record) -> Message {
///         self.0.input(schema, input)
///     }
///     fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>> {
///         self.0.parse(schema, reply, mode)
///     }
/// }
/// ```
pub trait Adapter: Send + Sync + fmt::Debug {
    /// The name in messages and repairs.
    fn name(&self) -> &'static str;

    /// The messages that are the same for every call in one state: the task, then the demonstrations.
    ///
    /// Each demonstration has every field; one that lacks some does not come here, or comes with its
    /// gaps filled (see [`Context::with_partial_demos`](crate::Context::with_partial_demos)).
    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message>;

    /// The message that holds the inputs of one call.
    fn input(&self, schema: &Schema, input: &Record) -> Message;

    /// The message in which the model gives outputs, as it should or did: for earlier turns of a
    /// conversation. By default they are sections.
    fn output(&self, schema: &Schema, output: &Record) -> Message {
        Message::assistant(describe::sections(schema.outputs(), output))
    }

    /// Reads a reply. A strict mode takes only what needs no repair.
    ///
    /// # Errors
    ///
    /// Everything that is missing or does not fit.
    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> Result<Parsed, Vec<Problem>>;

    /// The message that asks for the reply again after it could not be read.
    fn again(&self, schema: &Schema, problems: &[Problem]) -> Message {
        describe::again(schema, problems, ".")
    }

    /// The form that the model is held to, where it can be.
    fn format(&self, schema: &Schema) -> ResponseFormat {
        let _ = schema;
        ResponseFormat::Text
    }

    /// Texts after which there is nothing more to read; by default there are none.
    ///
    /// They are sent as stop texts to models that take them, so that a reply does not go on after its end. A reply may
    /// lack them.
    fn stops(&self, schema: &Schema) -> Vec<String> {
        let _ = schema;
        Vec::new()
    }

    /// The adapter with which a second call reads the outputs out of a reply that is free text, given how far the model
    /// that reads can be held to JSON; by default there is none, and the reply itself is read.
    ///
    /// It must be the same one each time, so that what it writes can be kept.
    fn extraction(&self, reader: JsonSupport) -> Option<Arc<dyn Adapter>> {
        let _ = reader;
        None
    }

    /// Follows a reply that comes bit by bit, if the adapter can tell its fields apart before it is whole.
    fn splitter(&self, schema: &Schema) -> Option<Box<dyn Splitter>> {
        let _ = schema;
        None
    }

    /// The adapter in whose form a reply that cannot be read is asked for again, if the model can be held to that form;
    /// by default the same form is asked for again.
    fn again_in(&self) -> Option<Arc<dyn Adapter>> {
        None
    }

    /// The formats in which a reply that cannot be read is read before it is asked for again.
    fn others(&self) -> Vec<Arc<dyn Adapter>> {
        Vec::new()
    }
}

fn _is_object_safe(_: Box<dyn Adapter>) {}
