//! A state, and what adapters have made of it.

use std::sync::{Arc, OnceLock};

use super::state::PredictorState;
use crate::adapter::Adapter;
use crate::lm::Message;
use crate::signature::Schema;

/// A state with the messages that it fixes, by adapter.
pub(super) struct Rendered {
    pub(super) state: PredictorState,
    written: Written,
}

/// A chain that only grows, so that reading takes no lock.
#[derive(Default)]
struct Written(OnceLock<Box<WrittenBy>>);

struct WrittenBy {
    adapter: Arc<dyn Adapter>,
    messages: Arc<[Message]>,
    next: Written,
}

/// How many adapters' messages a state keeps; those of further ones are written anew each time.
const KEPT: usize = 4;

impl Rendered {
    pub(super) fn new(state: PredictorState) -> Self {
        Self { state, written: Written::default() }
    }

    /// The messages that the state fixes, written once for each adapter.
    pub(super) fn messages(&self, schema: &Schema, adapter: &Arc<dyn Adapter>) -> Arc<[Message]> {
        let write = || {
            let PredictorState { instructions, demos } = &self.state;
            Arc::from(adapter.fixed(schema, instructions, demos))
        };
        let mut written = &self.written;
        for _ in 0..KEPT {
            let by = written.0.get_or_init(|| {
                Box::new(WrittenBy { adapter: adapter.clone(), messages: write(), next: Written::default() })
            });
            if same(&by.adapter, adapter) {
                return by.messages.clone();
            }
            written = &by.next;
        }
        write()
    }
}

/// Whether two handles are of one adapter. One without data is the same wherever it was made.
fn same(a: &Arc<dyn Adapter>, b: &Arc<dyn Adapter>) -> bool {
    Arc::ptr_eq(a, b) || (size_of_val(&**a) == 0 && size_of_val(&**b) == 0 && a.name() == b.name())
}
