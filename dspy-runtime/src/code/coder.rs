//! A predictor that writes code.

use std::sync::Arc;

use serde_json::Value;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::predictor::{Predictor, Reading};
use crate::problem::Problem;
use crate::signature::{Field, Role, Schema, TypeSpec};
use crate::trace::Note;
use crate::value::Record;

/// A predictor whose outputs are a thought and code, and whether nothing is left to do where it is asked for that.
#[derive(Clone, Debug)]
pub(super) struct Coder {
    core: Predictor,
    thought: String,
    code: String,
    done: Option<String>,
}

/// A model's turn.
pub(super) struct Written {
    pub(super) thought: String,
    pub(super) code: String,
    pub(super) done: bool,
}

impl Coder {
    /// One with the inputs of a schema.
    pub(super) fn new(
        given: &Schema,
        instructions: &str,
        language: &str,
        asks_done: bool,
        alone: &'static str,
    ) -> Self {
        let [thought, code, done] = ["thought", "code", "done"].map(|name| given.free_name(name));
        let output = |name: &str, text: &str, spec| Field::new(name, text, Role::Output, spec);
        let mut outputs = vec![
            output(&thought, "What is known, and what the code is to find out.", TypeSpec::of::<String>()),
            output(&code, &format!("{language} code, nothing else."), TypeSpec::of::<String>()),
        ];
        if asks_done {
            let text =
                "Whether all that the answer needs has been printed by earlier code; then `code` is empty.";
            outputs.push(output(&done, text, TypeSpec::of::<bool>()));
        }
        let schema = given.with_outputs(instructions, outputs);
        Self { core: Predictor::new(Arc::new(schema), alone), thought, code, done: asks_done.then_some(done) }
    }

    /// Asks for code.
    pub(super) async fn write(&self, cx: &Context, input: Record, notes: Vec<Note>) -> Result<Written> {
        let mut taken = None;
        let mut decode = |record: Record| {
            let text = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default();
            let done = self.done.as_ref().and_then(|name| record.get(name)).and_then(Value::as_bool);
            let written = Written {
                thought: text(&self.thought).to_owned(),
                code: unfenced(text(&self.code)),
                done: done.unwrap_or_default(),
            };
            if written.code.is_empty() && !written.done {
                return Err(vec![Problem::new(&self.code, "", "it is empty")]);
            }
            taken = Some(written);
            Ok(())
        };
        let mut reading = Reading::new(&mut decode, |_, _| Vec::new());
        reading.notes = notes;
        self.core.run(cx, input, reading).await?;
        taken.ok_or_else(|| Error::internal("no code was read"))
    }

    pub(super) fn core(&self) -> &Predictor {
        &self.core
    }

    pub(super) fn core_mut(&mut self) -> &mut Predictor {
        &mut self.core
    }
}

/// Code without the fences that models put around it; of several fenced pieces, all.
fn unfenced(text: &str) -> String {
    let (mut code, mut inside, mut fenced) = (String::new(), false, false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
            fenced = true;
        } else if inside {
            code.push_str(line);
            code.push('\n');
        }
    }
    if fenced { code.trim_end().to_owned() } else { text.trim_end().trim_start_matches('\n').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::unfenced;

    #[test]
    fn fences_are_taken_off() {
        assert_eq!(unfenced("```python\nif x:\n    y\n```"), "if x:\n    y");
        assert_eq!(unfenced("So:\n```py\na = 1\n```\nthen\n```\nb = 2\n```\n"), "a = 1\nb = 2");
        assert_eq!(unfenced("\n  a = 1\n"), "  a = 1");
        assert_eq!(unfenced("a = '`'"), "a = '`'");
    }
}
