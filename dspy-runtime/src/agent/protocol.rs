//! The words in which a model is asked for a turn.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use super::output::Wish;
use crate::adapter::{Adapter, NativeTools, WithTools};
use crate::context::Context;
use crate::lm::ToolSpec;
use crate::signature::{Field, Role, Schema, TypeSpec};

/// The tool with which a model gives the answer.
pub(super) const SUBMIT: &str = "submit";

/// The reminder for a model that has called no tool in a turn.
pub(super) const SILENT: &str =
    "No tool was called. Call a tool that gives what is missing, or `submit` with the answer.";

/// The reminder for a model that has only repeated calls that gave the same results as before. Small models
/// go on so until they have had all their turns.
pub(super) const AGAIN: &str = "This was called before and gave the same. Call `submit` with the answer, or a tool \
                                that gives something new.";

/// One turn as a task: the inputs of the signature, and a thought and calls in place of its outputs.
pub(super) fn turn_schema(given: &Schema) -> Schema {
    let instructions = format!(
        "{}\n\nWork in turns. In each, say what you know and what is missing, then call the tools that give what is \
         missing; calls that do not need each other's answers go into one turn. Once you know enough, call \
         `{SUBMIT}`, alone, with the answer.",
        given.instructions().trim()
    );
    let output = |name: &str, text: &str, spec| Field::new(&given.free_name(name), text, Role::Output, spec);
    let thought =
        output("thought", "What is known, what is missing, and what to do next.", TypeSpec::of::<String>());
    let calls = output("calls", "The calls of this turn.", TypeSpec::of::<Vec<Wish>>());
    given.with_outputs(&instructions, [thought, calls])
}

/// Returns whether a task is one turn of an agent.
pub(crate) fn is_turn(schema: &Schema) -> bool {
    let calls = schema.outputs().last().map(Field::spec);
    calls.is_some_and(|calls| calls.shape() == TypeSpec::of::<Vec<Wish>>().shape())
}

/// The adapters of turns. What they write for a state is kept with them, so they are made once.
#[derive(Debug)]
pub(super) struct Adapters {
    native: Arc<dyn Adapter>,
    text: ArcSwapOption<WithTools>,
}

impl Adapters {
    /// Of turns that are seen in the input of this name.
    pub(super) fn new(seen: &str) -> Self {
        Self { native: Arc::new(NativeTools { turns: seen.to_owned() }), text: ArcSwapOption::empty() }
    }

    /// The context with the adapter of the provider's own protocol.
    pub(super) fn native(&self, cx: &Context) -> Context {
        cx.changed(|settings| settings.adapter = Some(self.native.clone()))
    }

    /// The context with its adapter, which also tells of these tools.
    pub(super) fn text(&self, cx: &Context, tools: &[ToolSpec]) -> Context {
        let kept = self.text.load_full().filter(|kept| kept.is_of(cx.adapter(), tools));
        let adapter = kept.unwrap_or_else(|| {
            let made = Arc::new(WithTools::new(cx.adapter().clone(), tools.to_vec()));
            self.text.store(Some(made.clone()));
            made
        });
        cx.changed(|settings| settings.adapter = Some(adapter))
    }
}

impl Clone for Adapters {
    fn clone(&self) -> Self {
        Self { native: self.native.clone(), text: ArcSwapOption::new(self.text.load_full()) }
    }
}
