//! The model: it answers the task as well as the prompt lets it, and optimizers in their own forms.
//!
//! It reads nothing but the messages. Each thing that it says when asked to improve a prompt (a rewrite, a
//! rule of a list, a lesson, a piece of advice) is one draw: with probability `FINDS` it is right (a rule
//! that the prompt lacks, or harm taken out of it), with `HARMS` it does harm, else it changes nothing.

use dspy::Context;
use dspy::lm::{Request, Response, Scripted};
use serde_json::{Value, json};

use crate::task::{FIELDS, luck, truth};
use crate::world::{World, missing, rule, section};

pub const FINDS: f64 = 0.35;
pub const HARMS: f64 = 0.25;
/// How many rows are answered anew for every prompt and every time; the others fall out alike.
const ANEW: f64 = 0.3;
/// How many things are said where a list is asked for.
const LISTED: usize = 3;

pub fn model(world: World) -> Context {
    Context::new(Scripted::new(move |_, request: &Request| {
        let texts: Vec<&str> = request.messages.iter().map(|message| message.text()).collect();
        let said = Said { world, texts: &texts, rollout: request.rollout };
        Ok(Response::new(said.reply()))
    }))
}

/// One request.
struct Said<'a> {
    world: World,
    texts: &'a [&'a str],
    rollout: u64,
}

impl Said<'_> {
    fn reply(&self) -> String {
        let wants = |name: &str| self.texts[0].contains(&format!("- `{name}` ("));
        if let Some(field) = FIELDS.into_iter().find(|field| wants(field)) {
            return written(&[(field, json!(self.answer(field)))]);
        }
        if wants("advice") {
            return written(&[("advice", self.advice())]);
        }
        if wants("add") {
            return self.notes();
        }
        let field = if self.asked("step").starts_with(FIELDS[0]) { FIELDS[0] } else { FIELDS[1] };
        if wants("rules") {
            let mut known = self.asked("current_instruction").to_owned();
            let rules: Vec<String> = (0..LISTED).map(|place| self.thing(field, &mut known, place)).collect();
            return written(&[("rules", json!(rules))]);
        }
        if wants("lessons") {
            return written(&[("lessons", json!(self.lessons(field)))]);
        }
        if wants("instruction") {
            return written(&[("instruction", json!(self.rewrite(field)))]);
        }
        let name = ["observations", "summary", "description"].into_iter().find(|name| wants(name));
        written(&[(name.unwrap_or("answer"), json!("messages with two questions"))])
    }

    fn asked(&self, name: &str) -> &str {
        section(self.texts.last().copied().unwrap_or_default(), name)
    }

    fn drawn(&self, about: &str) -> f64 {
        let all = self.texts.join("\n");
        luck(&format!("{} {about} {} {all}", self.world.seed, self.rollout))
    }

    fn answer(&self, field: &str) -> &'static str {
        let question = self.asked("question");
        let same = luck(&format!("{} {field} {question}", self.world.seed));
        // Without effects all rows are answered anew, which leaves nothing but noise.
        let anew = self.world.is_noise() || self.drawn("anew") < ANEW;
        let luck = if anew { self.drawn(field) } else { same };
        if luck < self.world.chance(field, self.texts) { truth(field, question) } else { "unsure" }
    }

    /// One thing to say to a step that knows something already.
    fn thing(&self, field: &str, known: &mut String, place: usize) -> String {
        let drawn = self.drawn(&format!("thing {field} {place}"));
        let missing = missing(field, known);
        let which = self.drawn(&format!("which {field} {place}")) * missing.len() as f64;
        let said = match missing.get(which as usize) {
            Some(number) if drawn < FINDS => rule(field, *number),
            _ if drawn < FINDS + HARMS => format!("Guess, which is harm {drawn:.6}."),
            _ => format!("Think of {drawn:.6}."),
        };
        known.push_str(&said);
        said
    }

    /// The present instructions, or the best of those that were tried, made better or worse in one thing.
    fn rewrite(&self, field: &str) -> String {
        let present = match self.asked("attempts") {
            "" => self.asked("current_instruction").to_owned(),
            attempts => best_of(attempts).to_owned(),
        };
        let harm = present.lines().find(|line| line.contains("harm"));
        match harm {
            Some(harm) if self.drawn("right") < FINDS && self.drawn("takes out") < 0.5 => {
                present.replacen(&format!("\n{harm}"), "", 1)
            }
            _ => format!("{present}\n{}", self.thing(field, &mut present.clone(), 0)),
        }
    }

    /// Things that the notes do not say yet, and which note has misled.
    fn lessons(&self, field: &str) -> String {
        let present = self.asked("current_instruction");
        let mut known = present.to_owned();
        let mut lessons: Vec<String> =
            (0..LISTED - 1).map(|place| self.thing(field, &mut known, place)).collect();
        let harm = present.lines().find(|line| line.contains("harm"));
        if let Some(number) = harm.and_then(|line| line.strip_prefix('[')?.split_once(']'))
            && self.drawn("misled") < FINDS
        {
            lessons.push(format!("Note {} has misled.", number.0));
        }
        lessons.join("\n")
    }

    fn notes(&self) -> String {
        let misled = |line: &str| line.strip_prefix("Note ")?.split(' ').next()?.parse::<usize>().ok();
        let lines = || self.asked("lessons").lines();
        let remove: Vec<usize> = lines().filter_map(misled).collect();
        let add: Vec<&str> = lines().filter(|line| misled(line).is_none()).collect();
        written(&[("add", json!(add)), ("revise", json!({})), ("remove", json!(remove))])
    }

    /// A thing for each step that answered otherwise in the worse run; both, if there is no other run.
    fn advice(&self) -> Value {
        let (better, worse) = (self.asked("better"), self.asked("worse"));
        let line = |run: &str, field: &str| {
            run.lines().find(|line| line.starts_with(&format!("{field} was given"))).map(str::to_owned)
        };
        let mut advice = serde_json::Map::new();
        for field in FIELDS {
            if line(better, field) != line(worse, field) {
                let mut known = self.asked("program").to_owned();
                advice.insert(field.to_owned(), json!(self.thing(field, &mut known, 0)));
            }
        }
        Value::Object(advice)
    }
}

/// The version with the highest score, which stands last.
fn best_of(attempts: &str) -> &str {
    let last = attempts.rsplit("Version ").next().unwrap_or_default();
    last.split_once(":\n").map_or("", |(_, text)| text.trim())
}

fn written(fields: &[(&str, Value)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.push_str(&format!("[[ ## {name} ## ]]\n{value}\n\n"));
    }
    text + "[[ ## completed ## ]]"
}
