//! The data from which the page's script makes the steps of a row.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::list::text;
use crate::lm::{Message, Messages};
use crate::trace::{Exchange, Step, Trace};
use crate::value::Record;

/// Texts, each held once: rows share most of their prompts.
#[derive(Default)]
pub(super) struct Texts {
    pub(super) all: Vec<String>,
    /// Tells whether any prompt was kept.
    pub(super) kept: bool,
    places: HashMap<String, usize>,
}

impl Texts {
    pub(super) fn steps(&mut self, trace: &Trace) -> Vec<Value> {
        trace.steps().map(|step| self.step(step)).collect()
    }

    fn place(&mut self, text: String) -> usize {
        if let Some(place) = self.places.get(&text) {
            return *place;
        }
        self.all.push(text.clone());
        self.places.insert(text, self.all.len() - 1);
        self.all.len() - 1
    }

    fn step(&mut self, step: &Step) -> Value {
        self.kept |= !step.exchanges.is_empty();
        let mut fields = self.fields(&step.input);
        match &step.output {
            Ok(output) => fields.extend(self.fields(output)),
            Err(error) => fields.push(json!(["error", self.place(error.clone())])),
        }
        let repairs = step.repairs.iter().map(|repair| format!("repaired: {repair}"));
        let notes: Vec<String> = repairs.chain(step.notes.iter().map(ToString::to_string)).collect();
        let exchanges: Vec<Value> = step.exchanges.iter().map(|one| self.exchange(one)).collect();
        let usage = step.usage.to_string();
        json!({"path": &*step.path, "usage": usage, "fields": fields, "notes": notes, "exchanges": exchanges})
    }

    fn fields(&mut self, record: &Record) -> Vec<Value> {
        record.iter().map(|(name, value)| json!([name, self.place(text(value))])).collect()
    }

    fn exchange(&mut self, one: &Exchange) -> Value {
        let messages: Vec<Value> =
            one.request().messages.iter().map(|message| self.message(message)).collect();
        let note = match (one.is_stopped(), one.is_hit()) {
            (true, _) => ", stopped here",
            (_, true) => ", from the cache",
            _ => "",
        };
        let (failed, reply) = match one.reply() {
            Ok(reply) => (false, reply),
            Err(error) => (true, error),
        };
        let reasoning = one.reasoning().filter(|reasoning| !reasoning.text.is_empty());
        let mut value = json!({
            "model": one.model().to_string(),
            "messages": messages,
            "failed": failed,
            "reply": self.place(reply.to_owned()),
            "note": note,
            "calls": one.tool_calls().iter().map(|call| self.place(call.to_string())).collect::<Vec<_>>(),
        });
        if let Some(reasoning) = reasoning {
            value["reasoning"] = self.place(reasoning.text.clone()).into();
        }
        value
    }

    /// Writes the author of a message, and its text: as in the history, without the line that names the
    /// author.
    fn message(&mut self, message: &Message) -> Value {
        let shown = Messages::from(vec![message.clone()]).to_string();
        let (author, said) = shown.split_once('\n').unwrap_or((&shown, ""));
        json!([author.trim_start_matches("--- "), self.place(said.trim_end().to_owned())])
    }
}
