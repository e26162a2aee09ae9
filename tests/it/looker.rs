//! A task of two steps that needs a rule for each kind of thing, which instructions can say.

use dspy::{Predict, Rows, Score, Splits, module, signature};

/// Say the colour of a thing.
#[signature]
pub struct Colour {
    #[input]
    pub thing: String,
    #[output(desc = "")]
    pub colour: String,
}

/// Say the size of a thing.
#[signature]
pub struct Size {
    #[input]
    pub thing: String,
    #[output(desc = "")]
    pub size: String,
}

/// Say the colour and the size of a thing.
#[signature]
pub struct Look {
    #[input]
    pub thing: String,
    #[output(desc = "")]
    pub colour: String,
    #[output(desc = "")]
    pub size: String,
}

#[module(Look: thing -> colour, size)]
pub struct Looker {
    #[call(thing -> colour)]
    pub colour: Predict<Colour>,
    #[call(thing -> size)]
    pub size: Predict<Size>,
}

pub const RULES: [(&str, &str); 4] = [
    ("colour", "ripe things are red"),
    ("colour", "cold things are blue"),
    ("size", "dry things are small"),
    ("size", "wet things are large"),
];

pub fn rows(from: usize, count: usize) -> Rows<Look> {
    let row = |id: usize| {
        let (first, second) = (["ripe", "cold"][id % 2], ["dry", "wet"][id / 2 % 2]);
        Look {
            thing: format!("a {first} and {second} thing, number {id}"),
            colour: ["red", "blue"][id % 2].to_owned(),
            size: ["small", "large"][id / 2 % 2].to_owned(),
        }
    };
    (from..from + count).map(row).collect()
}

pub fn splits() -> Splits<Look> {
    Splits::new(rows(0, 12), rows(12, 16), rows(28, 4)).expect("no row twice")
}

/// Half for each output, and which rule was missed.
pub fn half_each(row: &Look, out: &LookOutput) -> Score {
    let mut missed = Vec::new();
    for (field, right, given) in [("colour", &row.colour, &out.colour), ("size", &row.size, &out.size)] {
        if right != given {
            let word = row.thing.split(' ').nth(if field == "colour" { 1 } else { 3 }).unwrap_or_default();
            missed.push(format!("{word} things are {right}"));
        }
    }
    Score::from(1.0 - 0.5 * missed.len() as f64).because(missed.join("; "))
}

pub fn section(asked: &str, name: &str) -> String {
    let rest = asked.split(&format!("[[ ## {name} ## ]]\n")).nth(1).unwrap_or_default();
    rest.split("\n[[ ##").next().unwrap_or_default().trim().to_owned()
}
