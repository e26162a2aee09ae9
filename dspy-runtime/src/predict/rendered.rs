//! A state, and what adapters have made of it.

use std::sync::{Arc, OnceLock};

use super::form::{Form, lacks};
use super::nearest::Vectors;
use super::state::PredictorState;
use crate::lm::Message;
use crate::signature::Schema;
use crate::trace::Note;
use crate::value::Record;

/// A state with the messages that it fixes, by form.
pub(super) struct Rendered {
    pub(super) state: PredictorState,
    written: Written,
    /// The demonstrations by their inputs.
    pub(super) vectors: Vectors,
    /// The same for reading free answers.
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

/// How many forms' messages a state keeps; those of further ones are written anew each time.
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

    /// The same with only these demonstrations, in this order.
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

    /// What there is to say about the demonstrations.
    pub(super) fn notes(&self, schema: &Schema, partial: bool) -> Vec<Note> {
        let demos = self.state.demos.iter().enumerate().filter(|_| !partial);
        let lacking = demos.map(|(demo, record)| (demo, lacks(schema, record).map(str::to_owned).collect()));
        let lacking = lacking.filter(|(_, lacks): &(usize, Vec<String>)| !lacks.is_empty());
        lacking.map(|(demo, lacks)| Note::DemoLeftOut { demo, lacks }).collect()
    }
}
