//! What is planted: how good prompts are, and so the true score of every program.

use std::collections::BTreeSet;

use dspy::data::Record;
use dspy::{Context, Module};

use crate::task::{FIELDS, FirstInput, Program, SecondInput, luck, question, truth};

pub const RULES: usize = 3;
/// What each rule is worth, and what the first two are worth besides where both are there.
const RULE: f64 = 0.8;
const PAIR: f64 = 0.4;
const HARM: f64 = -0.8;
/// What demonstrations are worth at most; a rightly answered one of another topic teaches little.
const DEMOS: f64 = 0.9;
const FAR: f64 = 0.1;
const BASE: f64 = -1.2;

/// How rows fall out, and which predictors have room to gain.
#[derive(Clone, Copy)]
pub struct World {
    pub seed: u64,
    pub room: [bool; 2],
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self { seed, room: [true; 2] }
    }

    pub fn has_room(&self, field: &str) -> bool {
        self.room[usize::from(field == FIELDS[1])]
    }

    pub fn is_noise(&self) -> bool {
        self.room == [false; 2]
    }

    /// How likely an answer to a prompt is right: the only thing that it depends on are its messages.
    pub fn chance(&self, field: &str, messages: &[&str]) -> f64 {
        let Some((task, rest)) = messages.split_first() else { return 0.0 };
        let Some((asked, demos)) = rest.split_last() else { return 0.0 };
        let question = section(asked, "question");
        let skill = match self.has_room(field) {
            true => BASE + instructed(field, task) + shown(field, question, demos),
            false => 0.0,
        };
        let difficulty = 3.0 * (luck(&format!("difficulty {field} {question}")) - 0.5);
        1.0 / (1.0 + (difficulty - skill).exp())
    }

    /// The mean chance of a program over rows that no search has seen.
    pub fn truth(&self, program: &Program) -> f64 {
        const ROWS: usize = 200;
        let cx = Context::new(dspy::lm::Lexical::new());
        let mut sum = 0.0;
        for number in 10_000..10_000 + ROWS {
            let question = question(number);
            let first = program.first.render(&cx, &FirstInput { question: question.clone() });
            let second = program.second.render(&cx, &SecondInput { question });
            for (field, messages) in FIELDS.into_iter().zip([first, second]) {
                let messages = messages.expect("text");
                let texts: Vec<&str> = messages.iter().map(|message| message.text()).collect();
                sum += 0.5 * self.chance(field, &texts);
            }
        }
        sum / ROWS as f64
    }

    /// The best that instructions, and demonstrations from so many train rows, can do.
    pub fn optimum(&self, rules: bool, demos: usize) -> f64 {
        let mut state = Program::new().state();
        for field in FIELDS {
            let own = state.get_mut(field).expect("a predictor");
            if rules {
                own.instructions.extend((0..RULES).map(|number| format!("\n{}", rule(field, number))));
            }
            let mut best: Vec<String> = (0..50).map(question).collect();
            best.sort_by(|a, b| teaches(b).total_cmp(&teaches(a)));
            let demo = |question: &String| {
                Record::from_iter([("question", &**question), (field, truth(field, question))])
            };
            own.demos = best.iter().take(demos).map(demo).collect();
        }
        self.truth(&Program::new().with_state(&state).expect("its own"))
    }
}

pub fn rule(field: &str, number: usize) -> String {
    let about = ["who writes it", "when it happened", "what was promised"][number % RULES];
    format!("For the {field} question look at {about}, as rule {field}-{number} says.")
}

/// The rules that a text lacks.
pub fn missing(field: &str, text: &str) -> Vec<usize> {
    (0..RULES).filter(|number| !text.contains(&format!("rule {field}-{number}"))).collect()
}

/// How many rules a text has, less the harm in it.
pub fn learned(field: &str, text: &str) -> f64 {
    (RULES - missing(field, text).len()) as f64 - text.matches("harm").count() as f64
}

fn instructed(field: &str, text: &str) -> f64 {
    let missing = missing(field, text);
    let pair = missing.iter().all(|number| *number >= 2);
    RULE * (RULES - missing.len()) as f64
        + if pair { PAIR } else { 0.0 }
        + HARM * text.matches("harm").count() as f64
}

/// What demonstrations teach for a question, with less and less from each; a wrong one misleads.
fn shown(field: &str, question: &str, demos: &[&str]) -> f64 {
    let own = words(question);
    let each = |pair: &[&str]| {
        let (asked, said) = (section(pair[0], "question"), section(pair[1], field));
        if said != truth(field, asked) {
            return -0.3;
        }
        let near = if words(asked).intersection(&own).count() >= 2 { 1.0 } else { FAR };
        teaches(asked) * near
    };
    let sum: f64 = demos.chunks_exact(2).map(each).sum();
    DEMOS * (1.0 - (-sum).exp()).max(-0.5)
}

/// How much a demonstration of this question teaches.
fn teaches(question: &str) -> f64 {
    0.5 * luck(&format!("teaches {question}")).powi(2)
}

fn words(question: &str) -> BTreeSet<&str> {
    question.split(' ').filter(|word| word.parse::<u64>().is_err()).collect()
}

/// A field of a message.
pub fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let heading = format!("[[ ## {name} ## ]]\n");
    let rest = text.split_once(&*heading).map_or("", |(_, rest)| rest);
    let end = rest.find("\n[[ ##").or_else(|| rest.find("\n\nReply with ")).unwrap_or(rest.len());
    rest[..end].trim()
}
