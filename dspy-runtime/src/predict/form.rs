//! How a predictor writes: by which adapter, and with which of the context's wishes.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::adapter::{Adapter, Layout};
use crate::lm::Message;
use crate::signature::{Field, Schema};
use crate::value::Record;

/// What stands in a demonstration for a value that it lacks.
pub(super) const GAP: &str = "(not given)";

/// How messages are written.
#[derive(Clone)]
pub(super) struct Form {
    pub(super) adapter: Arc<dyn Adapter>,
    /// Whether demonstrations that lack fields are shown.
    pub(super) partial: bool,
    pub(super) layout: Layout,
}

impl Form {
    /// Whether two forms write the same. An adapter without data is the same wherever it was made.
    pub(super) fn is(&self, other: &Self) -> bool {
        let (a, b) = (&self.adapter, &other.adapter);
        let same =
            Arc::ptr_eq(a, b) || (size_of_val(&**a) == 0 && size_of_val(&**b) == 0 && a.name() == b.name());
        same && (self.partial, self.layout) == (other.partial, other.layout)
    }

    /// The messages that a state fixes.
    pub(super) fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
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

    /// Whether inputs stand otherwise in the prompt than in their record.
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
pub(super) fn lacks<'a>(schema: &'a Schema, demo: &'a Record) -> impl Iterator<Item = &'a str> {
    let fields = schema.inputs().chain(schema.outputs()).filter(|field| !field.spec().is_history());
    fields.map(Field::name).filter(|name| !demo.contains(name))
}

/// A demonstration with something in place of each value that it lacks.
fn filled(schema: &Schema, demo: &Record) -> Record {
    let fields = schema.inputs().chain(schema.outputs()).map(Field::name);
    fields.map(|name| (name, demo.get(name).cloned().unwrap_or_else(|| GAP.into()))).collect()
}
