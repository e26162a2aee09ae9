//! The turns of a program that writes code in steps, as the model is shown them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CodeTurn, Execution};
use crate::agent::LeftOut;
use crate::error::{Error, Result};
use crate::trace::Note;

/// The state of a run so far.
pub(super) struct Walk {
    pub(super) turns: Vec<CodeTurn>,
    left_out: LeftOut,
    /// The number of characters of printed text that are shown.
    most: usize,
}

/// A turn as a model is shown it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct Shown {
    /// The thought.
    thought: String,
    /// The code that was run.
    code: String,
    /// The printed text, then the value or the error.
    output: String,
}

impl Walk {
    pub(super) fn new(most: usize) -> Self {
        Self { turns: Vec::new(), left_out: LeftOut::default(), most }
    }

    pub(super) fn push(&mut self, thought: String, code: String, ran: Execution) {
        self.turns.push(CodeTurn { thought, code, ran });
    }

    /// The turns for a prompt.
    pub(super) fn shown(&self) -> Result<Value> {
        let mut shown = Vec::new();
        let LeftOut(left_out) = self.left_out;
        if left_out > 0 {
            let thought = format!("({left_out} earlier turns are left out: the prompt would be too long)");
            shown.push(Shown { thought, code: String::new(), output: String::new() });
        }
        shown.extend(self.turns.iter().skip(left_out).map(|turn| Shown {
            thought: turn.thought.clone(),
            code: turn.code.clone(),
            output: clipped(&turn.ran, self.most),
        }));
        Ok(serde_json::to_value(shown)?)
    }

    /// Leaves out half of the turns that are shown, if they are why a prompt was too long.
    pub(super) fn shorten(&mut self, error: Error) -> Result<()> {
        self.left_out.shorten(self.turns.len(), error)
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        self.left_out.notes()
    }
}

/// Returns the result of code in at most so many characters; a mark shows the cut. An error is shown in
/// any case.
pub(super) fn clipped(ran: &Execution, most: usize) -> String {
    let text = match ran.to_string() {
        text if text.is_empty() => return "(nothing was printed)".to_owned(),
        text => text,
    };
    let length = text.chars().count();
    if length <= most {
        return text;
    }
    let beginning: String = text.chars().take(most).collect();
    let error = ran.error.as_ref().map(|error| format!("\n{error}")).unwrap_or_default();
    format!("{beginning}\n(… {} of {length} characters are not shown; print less){error}", length - most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_said_and_an_error_is_never_cut() {
        assert_eq!(clipped(&Execution::default(), 3), "(nothing was printed)");
        assert_eq!(clipped(&Execution::value("äöü"), 3), "äöü");
        let ran = Execution::failed("NameError", "no").with_printed("äöüß\n");
        let cut = "äö\n(… 16 of 18 characters are not shown; print less)\nNameError: no";
        assert_eq!(clipped(&ran, 2), cut);
    }
}
