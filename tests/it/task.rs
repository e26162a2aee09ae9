//! The small task that most tests use: two predictors over a toy sorting problem.

use dspy::lm::{Request, Response, Scripted};
use dspy::{ChainOfThought, Context, Predict, Result, Rows, Splits, module, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fruit {
    Apple,
    Banana,
    Cherry,
}

/// Say which fruit it is.
#[signature]
#[derive(Debug, Clone)]
pub struct Guess {
    #[meta]
    pub id: String,
    /// What it looks like.
    #[input]
    pub looks: String,
    /// Which one it is.
    #[output]
    pub fruit: Fruit,
}

/// Count the pieces.
#[signature]
pub struct Count {
    #[input]
    pub looks: String,
    #[output(desc = "", check(|pieces: &i64| *pieces >= 0, "at least 0"))]
    pub pieces: i64,
}

#[module]
#[derive(Debug)]
pub struct Sorter {
    pub guess: Predict<Guess>,
    pub recount: ChainOfThought<Guess>,
}

#[module]
impl Sorter {
    /// Guesses twice; the second guess counts.
    pub async fn forward(&self, cx: &Context, input: GuessInput) -> Result<GuessOutput> {
        self.guess.call(cx, input.clone()).await?;
        let again = self.recount.call(cx, input).await?;
        Ok(again.output.clone())
    }
}

pub fn right(row: &Guess, out: &GuessOutput) -> bool {
    row.fruit == out.fruit
}

pub fn guess(looks: &str) -> GuessInput {
    GuessInput { looks: looks.to_owned() }
}

pub fn row(id: usize, looks: &str, fruit: Fruit) -> Guess {
    Guess { id: format!("row-{id}"), looks: looks.to_owned(), fruit }
}

const LOOKS: [(&str, Fruit); 6] = [
    ("a round red thing with a stem", Fruit::Apple),
    ("long and bent and yellow", Fruit::Banana),
    ("a pair of tiny dark beads", Fruit::Cherry),
    ("green and round and crunchy", Fruit::Apple),
    ("yellow, soft, peeled by hand", Fruit::Banana),
    ("tiny and dark, with a stone inside", Fruit::Cherry),
];

/// Rows that a learner can do better on with demonstrations than without.
pub fn rows(from: usize, count: usize) -> Rows<Guess> {
    (from..from + count)
        .map(|id| {
            let (looks, fruit) = LOOKS[id % LOOKS.len()];
            row(id, &format!("{looks}, number {id}"), fruit)
        })
        .collect()
}

pub fn splits() -> Splits<Guess> {
    Splits::new(rows(0, 12), rows(12, 12), rows(24, 12)).expect("no row twice")
}

/// A model that answers every guess with one fruit.
pub fn always(fruit: &'static str) -> Scripted {
    Scripted::answering(move |_| {
        format!("[[ ## reasoning ## ]]\nso\n[[ ## fruit ## ]]\n{fruit}\n[[ ## completed ## ]]")
    })
}

/// A model that answers apple, but nothing of use for inputs that hold a text.
pub fn stumped_by(text: &'static str) -> Scripted {
    Scripted::new(move |_, request: &Request| {
        let stumped = request.messages.iter().any(|message| message.text().contains(text));
        Ok(Response::new(if stumped { "I do not know." } else { "[[ ## fruit ## ]]\napple" }))
    })
}

pub fn built_in() -> Context {
    Context::new(dspy::Lm::new("builtin/lexical").expect("it is built in"))
}

/// Checks that a search, given the path of its journal, comes to the same bytes from a journal that was cut off after any line.
pub async fn goes_on_after_every_line(name: &str, search: impl AsyncFn(&std::path::Path) -> String) {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.jsonl"));
    let _ = std::fs::remove_file(&path);
    let whole = search(&path).await;
    let journal = std::fs::read_to_string(&path).expect("it was written");
    let lines: Vec<&str> = journal.lines().collect();
    for kept in 0..=lines.len() {
        std::fs::write(&path, lines[..kept].join("\n") + "\n").expect("it is ours");
        assert_eq!(search(&path).await, whole, "after {kept} lines");
    }
    let _ = std::fs::remove_file(&path);
}
