//! Why a reply that comes bit by bit has ended.

use super::Unread;
use crate::lm::finish::said;

/// The provider's word for it, once it has come.
#[derive(Default)]
pub(in crate::lm) struct Ending(Option<String>);

impl Ending {
    /// Takes the word of an event, if it has one, and whether the event brings more of the reply. Nothing may come
    /// after the word, or else it was not the end, and a connection that breaks right there would leave a part that
    /// looks whole.
    pub(in crate::lm) fn take(&mut self, word: Option<String>, brings: bool) -> Result<(), Unread> {
        match (&self.0, said(word)) {
            (Some(_), _) if brings => Err(Unread::Misfit("the reply goes on after its end".to_owned())),
            (Some(before), Some(word)) if *before != word => {
                Err(Unread::Misfit(format!("the reply ends twice, with `{before}` and with `{word}`")))
            }
            (Some(_), _) => Ok(()),
            (None, word) => {
                self.0 = word;
                Ok(())
            }
        }
    }

    pub(in crate::lm) fn has_come(&self) -> bool {
        self.0.is_some()
    }

    pub(in crate::lm) fn word(&self) -> Option<&str> {
        self.0.as_deref()
    }
}
