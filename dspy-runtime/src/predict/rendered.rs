//! A state, and what adapters have made of it.

use std::sync::{Arc, OnceLock};

use super::state::PredictorState;
use crate::adapter::Adapter;
use crate::lm::Message;
use crate::signature::{Field, Schema};
use crate::trace::Note;
use crate::value::Record;

/// A state with the messages that it fixes, by adapter.
pub(super) struct Rendered {
    pub(super) state: PredictorState,
    written: Written,
    /// The same for reading free answers.
    extraction: OnceLock<Box<Rendered>>,
}

/// A chain that only grows, so that reading takes no lock.
#[derive(Default)]
struct Written(OnceLock<Box<WrittenBy>>);

struct WrittenBy {
    adapter: Arc<dyn Adapter>,
    partial: bool,
    messages: Arc<[Message]>,
    next: Written,
}

/// What stands in a demonstration for a value that it lacks.
const GAP: &str = "(not given)";

/// How many adapters' messages a state keeps; those of further ones are written anew each time.
const KEPT: usize = 4;

impl Rendered {
    pub(super) fn new(state: PredictorState) -> Self {
        Self { state, written: Written::default(), extraction: OnceLock::new() }
    }

    /// The messages that the state fixes, written once for each adapter; with the demonstrations that
    /// lack fields, if these are wanted.
    pub(super) fn messages(
        &self,
        schema: &Schema,
        adapter: &Arc<dyn Adapter>,
        partial: bool,
    ) -> Arc<[Message]> {
        let mut written = &self.written;
        for _ in 0..KEPT {
            let by = written.0.get_or_init(|| {
                let messages = self.write(schema, adapter, partial);
                Box::new(WrittenBy { adapter: adapter.clone(), partial, messages, next: Written::default() })
            });
            if same(&by.adapter, adapter) && by.partial == partial {
                return by.messages.clone();
            }
            written = &by.next;
        }
        self.write(schema, adapter, partial)
    }

    /// The messages that go before a free answer that is to be read.
    pub(super) fn extraction(&self, schema: &Schema, adapter: &Arc<dyn Adapter>) -> Arc<[Message]> {
        let state = || PredictorState::new(schema.instructions());
        self.extraction.get_or_init(|| Box::new(Self::new(state()))).messages(schema, adapter, false)
    }

    fn write(&self, schema: &Schema, adapter: &Arc<dyn Adapter>, partial: bool) -> Arc<[Message]> {
        let PredictorState { instructions, demos } = &self.state;
        let whole = |demo: &Record| lacks(schema, demo).next().is_none();
        if demos.iter().all(whole) {
            return Arc::from(adapter.fixed(schema, instructions, demos));
        }
        if !partial {
            let demos: Vec<Record> = demos.iter().filter(|demo| whole(demo)).cloned().collect();
            return Arc::from(adapter.fixed(schema, instructions, &demos));
        }
        let demos: Vec<Record> = demos.iter().map(|demo| filled(schema, demo)).collect();
        let instructions = format!(
            "{instructions}\n\nWhere a demonstration reads `{GAP}`, its value is not known; never reply that."
        );
        Arc::from(adapter.fixed(schema, &instructions, &demos))
    }

    /// What there is to say about the demonstrations.
    pub(super) fn notes(&self, schema: &Schema, partial: bool) -> Vec<Note> {
        let demos = self.state.demos.iter().enumerate().filter(|_| !partial);
        let lacking = demos.map(|(demo, record)| (demo, lacks(schema, record).map(str::to_owned).collect()));
        let lacking = lacking.filter(|(_, lacks): &(usize, Vec<String>)| !lacks.is_empty());
        lacking.map(|(demo, lacks)| Note::DemoLeftOut { demo, lacks }).collect()
    }
}

/// The fields that a demonstration lacks.
fn lacks<'a>(schema: &'a Schema, demo: &'a Record) -> impl Iterator<Item = &'a str> {
    let fields = schema.inputs().chain(schema.outputs()).map(Field::name);
    fields.filter(|name| !demo.contains(name))
}

/// A demonstration with something in place of each value that it lacks.
fn filled(schema: &Schema, demo: &Record) -> Record {
    let fields = schema.inputs().chain(schema.outputs()).map(Field::name);
    fields.map(|name| (name, demo.get(name).cloned().unwrap_or_else(|| GAP.into()))).collect()
}

/// Whether two handles are of one adapter. One without data is the same wherever it was made.
fn same(a: &Arc<dyn Adapter>, b: &Arc<dyn Adapter>) -> bool {
    Arc::ptr_eq(a, b) || (size_of_val(&**a) == 0 && size_of_val(&**b) == 0 && a.name() == b.name())
}
