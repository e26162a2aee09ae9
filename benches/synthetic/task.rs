//! The task: two questions about one message, each answered by a predictor of its own.

use dspy::predict::ProgramState;
use dspy::{Module, Predict, Rows, Score, module, signature};

/// Say what the message is about.
#[signature]
pub struct First {
    /// The message.
    #[input]
    pub question: String,
    /// What it is about.
    #[output]
    pub first: String,
}

/// Say what is to be done.
#[signature]
pub struct Second {
    /// The message.
    #[input]
    pub question: String,
    /// What is to be done.
    #[output]
    pub second: String,
}

/// Say what the message is about and what is to be done.
#[signature]
pub struct Both {
    /// The message.
    #[input]
    pub question: String,
    /// What it is about.
    #[output]
    pub first: String,
    /// What is to be done.
    #[output]
    pub second: String,
}

#[module(Both: question -> first, second)]
pub struct Program {
    #[call(question -> first)]
    pub first: Predict<First>,
    #[call(question -> second)]
    pub second: Predict<Second>,
}

pub const FIELDS: [&str; 2] = ["first", "second"];

/// The words of each topic; messages of one topic share most of theirs.
const TOPICS: [[&str; 4]; 5] = [
    ["parcel", "courier", "depot", "delivery"],
    ["invoice", "payment", "refund", "account"],
    ["screen", "battery", "charger", "warranty"],
    ["ticket", "train", "platform", "delay"],
    ["garden", "hedge", "mower", "compost"],
];

/// A number from 0 up to 1 that follows from a text.
pub fn luck(text: &str) -> f64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    let mut hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, step);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// What is right, which the model knows, too: what it lacks is how to get there.
pub fn truth(field: &str, question: &str) -> &'static str {
    let drawn = luck(&format!("truth {field} {question}")) * 3.0;
    ["red", "green", "blue"][drawn as usize]
}

pub fn question(number: usize) -> String {
    let words = TOPICS[number % TOPICS.len()];
    let left_out = (luck(&format!("words {number}")) * 4.0) as usize;
    let kept: Vec<&str> =
        words.iter().enumerate().filter(|(place, _)| *place != left_out).map(|(_, word)| *word).collect();
    format!("{} {number}", kept.join(" "))
}

pub fn rows(from: usize, count: usize) -> Rows<Both> {
    let row = |number| {
        let question = question(number);
        let [first, second] = FIELDS.map(|field| truth(field, &question).to_owned());
        Both { question, first, second }
    };
    (from..from + count).map(row).collect()
}

/// Half a point for each field.
pub fn half_each(row: &Both, out: &BothOutput) -> Score {
    let right = [row.first == out.first, row.second == out.second];
    let score = right.iter().map(|right| 0.5 * f64::from(u8::from(*right))).sum::<f64>();
    Score::from(score).because(format!("first is {}, second is {}", row.first, row.second))
}

/// Which predictors a state changes.
pub fn changed(state: &ProgramState) -> [bool; 2] {
    let came = Program::new().state();
    FIELDS.map(|field| state.get(field) != came.get(field))
}
