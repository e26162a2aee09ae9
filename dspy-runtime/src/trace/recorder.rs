//! Collects the steps of a running program.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Step, Trace};

/// The open trace of one program call. A step also goes to the program calls around it.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    around: Option<Arc<Recorder>>,
    /// A slot a step, taken when the step begins, so that the order does not depend on which ends first.
    slots: Mutex<Vec<Option<Arc<Step>>>>,
}

/// The places of one step in the open traces, innermost first.
pub(crate) struct Place(usize, Option<Box<Place>>);

impl Recorder {
    pub(crate) fn new(around: Option<Arc<Recorder>>) -> Arc<Self> {
        Arc::new(Self { around, slots: Mutex::default() })
    }

    /// Takes a place for a step that begins.
    pub(crate) fn begin(&self) -> Place {
        let mut slots = self.slots();
        slots.push(None);
        let place = slots.len() - 1;
        drop(slots);
        Place(place, self.around.as_ref().map(|around| Box::new(around.begin())))
    }

    /// Fills the place of a step that ended.
    pub(crate) fn end(&self, place: &Place, step: &Arc<Step>) {
        if let Some(slot) = self.slots().get_mut(place.0) {
            *slot = Some(step.clone());
        }
        if let (Some(around), Some(place)) = (&self.around, &place.1) {
            around.end(place, step);
        }
    }

    /// Takes a step that ended elsewhere.
    pub(crate) fn adopt(&self, step: Arc<Step>) {
        self.end(&self.begin(), &step);
    }

    /// The steps that have ended so far.
    pub(crate) fn trace(&self) -> Trace {
        Trace::new(self.slots().iter().flatten().cloned().collect())
    }

    /// Only the calls of one program call ever meet at this lock.
    fn slots(&self) -> MutexGuard<'_, Vec<Option<Arc<Step>>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
