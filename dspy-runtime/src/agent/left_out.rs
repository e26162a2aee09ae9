//! Earlier turns that a prompt does not show.

use crate::error::{Error, ErrorKind, Result};
use crate::trace::Note;

/// How many of the earliest turns are not shown any more.
#[derive(Clone, Copy, Default)]
pub(crate) struct LeftOut(pub(crate) usize);

impl LeftOut {
    /// Leaves out half of the turns that are shown, if they are why a prompt was too long.
    pub(crate) fn shorten(&mut self, turns: usize, error: Error) -> Result<()> {
        let shown = turns - self.0;
        if error.kind() != ErrorKind::ContextWindow || shown == 0 {
            return Err(error);
        }
        self.0 += shown.div_ceil(2);
        Ok(())
    }

    /// What there is to say about a call that does not show them.
    pub(crate) fn notes(self) -> Vec<Note> {
        (self.0 > 0).then_some(Note::TurnsLeftOut { turns: self.0 }).into_iter().collect()
    }
}
