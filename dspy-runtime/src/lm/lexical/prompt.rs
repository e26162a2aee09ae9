//! The model's reading of the messages.

use serde_json::{Map, Value};

use super::form::{Form, sections};
use crate::lm::{Author, Message};
use dspy_numbers::bag::{Bag, Rarity, hash};

/// The part of a prompt that many calls share: what is wanted, and the demonstrations.
#[derive(Debug, Default)]
pub(super) struct Task {
    pub(super) instructions: String,
    pub(super) outputs: Vec<Output>,
    pub(super) demos: Vec<Demo>,
    pub(super) form: Form,
    pub(super) rarity: Rarity,
    pub(super) about: Bag,
}

/// One field that is wanted.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) about: Bag,
    /// The profiles of the labels, if the kind has labels.
    pub(super) profiles: Vec<(String, Bag)>,
}

/// The types that the model tells apart.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Labels(Vec<String>),
    Number { whole: bool, least: f64, most: f64 },
    List(Box<Kind>),
    Object(Vec<(String, Kind)>),
    Null,
}

/// One demonstration.
#[derive(Debug)]
pub(super) struct Demo {
    pub(super) inputs: Vec<(String, String, Bag)>,
    pub(super) outputs: Map<String, Value>,
    pub(super) said: Vec<(String, Bag)>,
}

/// One call: the task and the inputs.
pub(super) struct Reading<'a> {
    pub(super) task: &'a Task,
    pub(super) inputs: Vec<(String, String, Bag)>,
    /// The similarity of the inputs to each demonstration's, field by field.
    similar: Vec<Vec<(&'a str, f32)>>,
    rollout: u64,
    jitter: f32,
}

impl Task {
    pub(super) fn read<'a>(messages: impl Iterator<Item = &'a Message>) -> Self {
        let messages: Vec<&Message> = messages.collect();
        let system: Vec<&str> = messages
            .iter()
            .filter(|message| message.author() == Author::System)
            .map(|message| message.text())
            .collect();
        let system = system.join("\n\n");
        let (instructions, rest) = system.split_once("\nYou are given:\n").unwrap_or((&system, ""));
        let wanted = rest.split_once("\nYou produce:\n").map_or("", |(_, wanted)| wanted);
        let (fields, form) = wanted.split_once("\n\n").unwrap_or((wanted, ""));
        let demos: Vec<Demo> = messages.windows(2).filter_map(|pair| Demo::read(pair[0], pair[1])).collect();
        let outputs = outputs(fields, form, instructions);
        let profiles = outputs.iter().flat_map(|output| &output.profiles).map(|(_, bag)| bag);
        let shown = demos.iter().flat_map(|demo| &demo.inputs).map(|(_, _, bag)| bag);
        let rarity = Rarity::of(profiles.chain(shown));
        Self {
            about: Bag::new(instructions),
            instructions: instructions.trim().to_owned(),
            outputs,
            demos,
            form: Form::read(form),
            rarity,
        }
    }
}

impl<'a> Reading<'a> {
    pub(super) fn new(task: &'a Task, own: &[&Message], rollout: u64, temperature: Option<f64>) -> Self {
        let asking = own
            .iter()
            .filter(|message| message.author() == Author::User)
            .map(|message| sections(message.text()));
        let inputs = asking.rev().find(|inputs| !inputs.is_empty()).unwrap_or_else(|| plain(own));
        let similar = task.demos.iter().map(|demo| demo.similarities(&inputs, &task.rarity)).collect();
        #[allow(clippy::cast_possible_truncation)]
        let jitter = 0.05 * temperature.unwrap_or_default().clamp(0.0, 2.0) as f32;
        Self { task, inputs, similar, rollout, jitter }
    }

    /// Each demonstration with the mean similarity of its inputs, one field left aside.
    pub(super) fn demos(&self, aside: Option<&str>) -> impl Iterator<Item = (&'a Demo, f32)> {
        self.task.demos.iter().zip(&self.similar).map(move |(demo, fields)| {
            let counted =
                || fields.iter().filter(|(name, _)| aside != Some(*name)).map(|(_, similar)| *similar);
            #[allow(clippy::cast_precision_loss)]
            let count = counted().count().max(1) as f32;
            (demo, counted().sum::<f32>() / count)
        })
    }

    /// A little noise, where variety is asked for, the same for the same call.
    pub(super) fn noise(&self, about: &str) -> f32 {
        if self.jitter == 0.0 {
            return 0.0;
        }
        let text: String = self.inputs.iter().map(|(_, text, _)| text.as_str()).collect();
        let drawn = hash(&format!("{}/{about}/", self.rollout), &text) >> 40;
        #[allow(clippy::cast_precision_loss)]
        let share = drawn as f32 / (1u64 << 24) as f32;
        self.jitter * share
    }
}

impl Demo {
    fn read(asked: &Message, said: &Message) -> Option<Self> {
        if asked.author() != Author::User || said.author() != Author::Assistant {
            return None;
        }
        let outputs = match serde_json::from_str::<Map<String, Value>>(said.text()) {
            Ok(outputs) => outputs,
            Err(_) => sections(said.text())
                .into_iter()
                .filter(|(name, ..)| name != "completed")
                .map(|(name, text, _)| (name, serde_json::from_str(&text).unwrap_or(Value::String(text))))
                .collect(),
        };
        let said = outputs.iter().map(|(name, value)| (name.clone(), Bag::new(&text(value)))).collect();
        Some(Self { inputs: sections(asked.text()), outputs, said })
    }

    /// The similarity of each field that both have.
    fn similarities(&self, inputs: &[(String, String, Bag)], rarity: &Rarity) -> Vec<(&str, f32)> {
        let both = self.inputs.iter().filter_map(|(name, text, own)| {
            let (_, other_text, other) = inputs.iter().find(|(other, ..)| other == name)?;
            Some((name.as_str(), if text == other_text { 1.0 } else { own.cosine(other, rarity) }))
        });
        both.collect()
    }
}

/// A value as the text that a section shows.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A prompt of another form: all of the last message is one input.
fn plain(own: &[&Message]) -> Vec<(String, String, Bag)> {
    let last = own.iter().rev().find(|message| message.author() == Author::User);
    last.map(|message| ("input".to_owned(), message.text().to_owned(), Bag::new(message.text())))
        .into_iter()
        .collect()
}

/// Reads the list of wanted fields: a line a field, deeper lines on labels under it. A type that is not there is in the
/// form of the reply.
fn outputs(fields: &str, form: &str, instructions: &str) -> Vec<Output> {
    let mut outputs: Vec<Output> = Vec::new();
    let mut notes: Vec<(usize, String, String)> = Vec::new();
    for line in fields.lines() {
        if let Some(note) = line.strip_prefix("  - \"") {
            let (label, description) = note.split_once("\": ").unwrap_or((note.trim_end_matches('"'), ""));
            notes.push((outputs.len(), label.to_owned(), description.to_owned()));
        } else if let Some((name, rest)) = line.strip_prefix("- `").and_then(|rest| rest.split_once('`')) {
            let (kind, description) = match rest.strip_prefix(" (") {
                Some(rest) => {
                    let (kind, description) = close(rest);
                    (Kind::read(kind), description)
                }
                None => (
                    skeleton(form, name).map_or(Kind::Text, |type_| Kind::read(&type_)),
                    rest.trim_start_matches(':'),
                ),
            };
            outputs.push(Output {
                name: name.to_owned(),
                kind,
                about: Bag::new(&format!("{name} {description}")),
                profiles: Vec::new(),
            });
        }
    }
    for (index, output) in outputs.iter_mut().enumerate() {
        let listed = notes.iter().filter(|(of, ..)| *of == index + 1).map(|(_, label, _)| label.clone());
        if let (Kind::Text, labels @ [_, ..]) = (&output.kind, &*listed.collect::<Vec<_>>()) {
            output.kind = Kind::Labels(labels.to_vec());
        }
    }
    for (index, output) in outputs.iter_mut().enumerate() {
        let described = |label: &str| {
            let own = notes.iter().filter(|(of, noted, _)| *of == index + 1 && noted == label);
            own.map(|(_, _, description)| description.as_str()).collect::<Vec<_>>().join(" ")
        };
        let labels = output.kind.labels();
        output.profiles = labels
            .into_iter()
            .map(|label| {
                let name = label.replace(['_', '-'], " ");
                let text = format!("{name} {} {}", described(&label), mentions(instructions, &label));
                (label, Bag::new(&text))
            })
            .collect();
    }
    outputs
}

/// The type that the form of the reply shows for a field, in one line and without its comments.
fn skeleton(form: &str, name: &str) -> Option<String> {
    let starts = [format!("\"{name}\": {{"), format!("[[ ## {name} ## ]]\n{{"), format!("<{name}>\n{{")];
    let start = starts.iter().find_map(|start| form.find(start).map(|at| at + start.len() - 1))?;
    let lines = form.get(start..)?.lines().map(|line| line.split(" // ").next().unwrap_or_default().trim());
    let (mut text, mut depth) = (String::new(), 0_usize);
    for line in lines.filter(|line| !line.starts_with("//")) {
        text.push_str(line);
        text.push(' ');
        depth = (depth + line.matches('{').count()).saturating_sub(line.matches('}').count());
        if depth == 0 {
            break;
        }
    }
    Some(text.trim_end().trim_end_matches(',').to_owned())
}

/// The type and what follows it, given the text after the opening parenthesis.
fn close(rest: &str) -> (&str, &str) {
    let (mut depth, mut quoted) = (0, false);
    for (at, c) in rest.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => {
                return (&rest[..at], rest[at + 1..].trim_start_matches(':').trim());
            }
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    (rest, "")
}

/// The lines of the instructions that name a label.
fn mentions(instructions: &str, label: &str) -> String {
    let marks = [format!("`{label}`"), format!("\"{label}\"")];
    let lines = instructions.lines().filter(|line| marks.iter().any(|mark| line.contains(mark)));
    lines.collect::<Vec<_>>().join(" ")
}

impl Kind {
    /// Reads the type's words.
    fn read(text: &str) -> Self {
        let text = text.trim();
        let text = text.strip_suffix(" or null").or_else(|| text.strip_suffix(" | null")).unwrap_or(text);
        if let Some(items) = text.strip_suffix("[]") {
            let items = items.strip_prefix('(').and_then(|items| items.strip_suffix(')')).unwrap_or(items);
            return Self::List(Box::new(Self::read(items)));
        }
        if let Some(items) = text.strip_prefix("list of ") {
            let items = items.strip_prefix('(').and_then(|items| items.strip_suffix(')')).unwrap_or(items);
            return Self::List(Box::new(Self::read(items)));
        }
        if let Some(labels) = text.strip_prefix("one of ") {
            return Self::Labels(quoted(labels));
        }
        if text.starts_with("{ ") {
            return Self::Object(properties(text));
        }
        match text.split(' ').next().unwrap_or_default() {
            "boolean" => Self::Labels(vec!["true".into(), "false".into()]),
            "integer" => Self::number(text, true),
            "number" => Self::number(text, false),
            "null" => Self::Null,
            word if word.starts_with('"') => Self::Labels(quoted(text)),
            _ => Self::Text,
        }
    }

    fn number(text: &str, whole: bool) -> Self {
        let bounds = text.split_once('(').map_or("", |(_, bounds)| bounds.trim_end_matches(')'));
        let read = |text: &str| text.trim().parse::<f64>().ok();
        let (least, most) = match bounds.split_once(" to ") {
            Some((least, most)) => (read(least), read(most)),
            None => (
                bounds.strip_prefix("at least ").and_then(read),
                bounds.strip_prefix("at most ").and_then(read),
            ),
        };
        Self::Number { whole, least: least.unwrap_or(f64::MIN), most: most.unwrap_or(f64::MAX) }
    }

    fn labels(&self) -> Vec<String> {
        match self {
            Self::Labels(labels) => labels.clone(),
            Self::List(items) => items.labels(),
            _ => Vec::new(),
        }
    }
}

fn quoted(text: &str) -> Vec<String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The properties of `{ "a": string, "b"?: { … } }`, split at the commas of its own level.
fn properties(text: &str) -> Vec<(String, Kind)> {
    let inner =
        text.strip_prefix("{ ").and_then(|rest| rest.rsplit_once(" }")).map_or("", |(inner, _)| inner);
    let mut parts = vec![String::new()];
    let (mut depth, mut previous) = (0, ' ');
    for c in inner.chars() {
        match c {
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => depth -= 1,
            // A comma before a key ends a property; one between labels does not.
            '"' if depth == 0
                && previous == ' '
                && parts.last().is_some_and(|part| part.ends_with(", "))
                && !ends_in_labels(parts.last()) =>
            {
                if let Some(last) = parts.last_mut() {
                    last.truncate(last.len() - 2);
                }
                parts.push(String::new());
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(c);
        }
        previous = c;
    }
    let pair = |part: &String| {
        let (name, kind) = part.split_once(": ")?;
        Some((name.trim_end_matches('?').trim_matches('"').to_owned(), Kind::read(kind)))
    };
    parts.iter().filter_map(pair).collect()
}

fn ends_in_labels(part: Option<&String>) -> bool {
    part.and_then(|part| part.split_once(": ")).is_some_and(|(_, kind)| kind.contains("one of "))
}
