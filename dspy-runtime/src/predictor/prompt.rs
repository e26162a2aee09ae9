//! The prompt of a predictor: what a state fixes is written once, and a call writes only its input.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::nearest::Vectors;
use super::state::PredictorState;
use crate::adapter::{Adapter, Layout};
use crate::lm::Message;
use crate::signature::{Field, Schema};
use crate::trace::Note;
use crate::value::Record;

/// A state with the messages that it fixes, by form.
pub(super) struct Rendered {
    pub(super) state: PredictorState,
    written: Written,
    /// The demonstrations by their inputs.
    pub(super) vectors: Vectors,
    /// The form for reading free answers.
    extraction: OnceLock<Box<Rendered>>,
}

/// A chain that only grows, so that reading takes no lock.
#[derive(Default)]
struct Written(OnceLock<Box<WrittenBy>>);

struct WrittenBy {
    form: Form,
    messages: Arc<[Message]>,
    next: Written,
}

/// The number of forms whose messages a state keeps; those of further ones are written again each time.
const KEPT: usize = 4;

impl Rendered {
    pub(super) fn new(state: PredictorState) -> Self {
        Self { state, written: Written::default(), vectors: Vectors::default(), extraction: OnceLock::new() }
    }

    /// The messages that the state fixes, written once for each form.
    pub(super) fn messages(&self, schema: &Schema, form: &Form) -> Arc<[Message]> {
        let write = || Arc::from(form.fixed(schema, &self.state.instructions, &self.state.demos));
        let mut written = &self.written;
        for _ in 0..KEPT {
            let by = written.0.get_or_init(|| {
                Box::new(WrittenBy { form: form.clone(), messages: write(), next: Written::default() })
            });
            if by.form.is(form) {
                return by.messages.clone();
            }
            written = &by.next;
        }
        write()
    }

    /// Writes the messages with only these demonstrations, in this order.
    pub(super) fn messages_of(&self, schema: &Schema, form: &Form, places: &[usize]) -> Arc<[Message]> {
        let shown: Vec<Record> =
            places.iter().filter_map(|place| self.state.demos.get(*place).cloned()).collect();
        form.fixed(schema, &self.state.instructions, &shown).into()
    }

    /// The messages that go before a free answer that is to be read.
    pub(super) fn extraction(&self, schema: &Schema, form: &Form) -> Arc<[Message]> {
        let state = || PredictorState::new(schema.instructions());
        self.extraction.get_or_init(|| Box::new(Self::new(state()))).messages(schema, form)
    }

    /// Returns the notes on the demonstrations.
    pub(super) fn notes(&self, schema: &Schema, partial: bool) -> Vec<Note> {
        let demos = self.state.demos.iter().enumerate().filter(|_| !partial);
        let lacking = demos.map(|(demo, record)| (demo, lacks(schema, record).map(str::to_owned).collect()));
        let lacking = lacking.filter(|(_, lacks): &(usize, Vec<String>)| !lacks.is_empty());
        lacking.map(|(demo, lacks)| Note::DemoLeftOut { demo, lacks }).collect()
    }
}

/// The placeholder in a demonstration for a value that it lacks.
const GAP: &str = "(not given)";

/// The form in which messages are written: by which adapter, and with which of the context's wishes.
#[derive(Clone)]
pub(super) struct Form {
    pub(super) adapter: Arc<dyn Adapter>,
    /// Tells whether demonstrations that lack fields are shown.
    pub(super) partial: bool,
    pub(super) layout: Layout,
    /// Tells whether the schema lacks the output that the model's own reasoning takes the place of.
    pub(super) beside_reasoning: bool,
}

impl Form {
    /// Returns whether two forms write the same. An adapter without data is the same wherever it was made.
    fn is(&self, other: &Self) -> bool {
        let (a, b) = (&self.adapter, &other.adapter);
        let same =
            Arc::ptr_eq(a, b) || (size_of_val(&**a) == 0 && size_of_val(&**b) == 0 && a.name() == b.name());
        let wishes = |form: &Self| (form.partial, form.layout, form.beside_reasoning);
        same && wishes(self) == wishes(other)
    }

    /// The messages that a state fixes.
    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        let gaps = demos.iter().any(|demo| lacks(schema, demo).next().is_some());
        if !gaps && !self.changes(schema) {
            return self.adapter.fixed(schema, instructions, demos);
        }
        let shown = demos.iter().filter(|demo| self.partial || lacks(schema, demo).next().is_none());
        let shown: Vec<Record> =
            shown.map(|demo| self.laid_out(schema, &filled(schema, demo)).into_owned()).collect();
        match gaps && self.partial {
            true => {
                let instructions = format!(
                    "{instructions}\n\nWhere a demonstration reads `{GAP}`, its value is not known; never reply that."
                );
                self.adapter.fixed(schema, &instructions, &shown)
            }
            false => self.adapter.fixed(schema, instructions, &shown),
        }
    }

    /// The messages of one call: the earlier turns of a conversation, then the input.
    pub(super) fn own(&self, schema: &Schema, input: &Record) -> Vec<Message> {
        let turns = schema.inputs().filter(|field| field.spec().is_history());
        let turns = turns.filter_map(|field| input.get(field.name())?.as_array()).flatten();
        let mut messages = Vec::new();
        for turn in turns.filter_map(Value::as_object).map(|turn| Record::from(turn.clone())) {
            messages.push(self.adapter.input(schema, &self.laid_out(schema, &turn)));
            messages.push(self.adapter.output(schema, &turn));
        }
        messages.push(self.adapter.input(schema, &self.laid_out(schema, input)));
        messages
    }

    /// Returns whether inputs stand otherwise in the prompt than in their record.
    fn changes(&self, schema: &Schema) -> bool {
        self.layout != Layout::Json || schema.inputs().any(|field| field.spec().is_history())
    }

    /// The inputs in the layout that is wanted, and without the turns of a conversation.
    fn laid_out<'a>(&self, schema: &Schema, record: &'a Record) -> Cow<'a, Record> {
        if !self.changes(schema) {
            return Cow::Borrowed(record);
        }
        let written = record.iter().filter_map(|(name, value)| {
            let input = schema.inputs().find(|field| field.name() == name);
            if input.is_some_and(|field| field.spec().is_history()) {
                return None;
            }
            let structured = self.layout != Layout::Json && (value.is_object() || value.is_array());
            match input.filter(|field| structured && !field.spec().holds_media()) {
                Some(_) => Some((name, self.layout.write(value).into())),
                None => Some((name, value.clone())),
            }
        });
        Cow::Owned(written.collect())
    }
}

/// The fields that a demonstration lacks. It needs no earlier turns.
fn lacks<'a>(schema: &'a Schema, demo: &'a Record) -> impl Iterator<Item = &'a str> {
    let fields = schema.inputs().chain(schema.outputs()).filter(|field| !field.spec().is_history());
    fields.map(Field::name).filter(|name| !demo.contains(name))
}

/// A demonstration with something in place of each value that it lacks.
fn filled(schema: &Schema, demo: &Record) -> Record {
    let fields = schema.inputs().chain(schema.outputs()).map(Field::name);
    fields.map(|name| (name, demo.get(name).cloned().unwrap_or_else(|| GAP.into()))).collect()
}
