//! Six tasks as users write them, with rows and metrics: one label, labels that are described, a struct, a number
//! after reasoning, three texts, a list of structs.

use std::path::Path;

use dspy::adapter::{ChatAdapter, JsonAdapter, TwoStep, XmlAdapter};
use dspy::signature::Row;
use dspy::{
    ChainOfThought, Context, Error, ErrorKind, Evaluate, Module, Predict, Report, Result, Rows, signature,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The names of the tasks, which are those of their files.
pub const TASKS: [&str; 6] = ["tickets", "intents", "orders", "sums", "cards", "receipts"];

/// The longest reply, in tokens, which keeps a model that does not stop from taking minutes.
pub const LONGEST: u32 = 512;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    Delivery,
    Refund,
    Damage,
    Review,
}

/// Decide which queue a customer message belongs to.
#[signature]
pub struct SortTicket {
    #[meta]
    pub id: String,
    /// The customer's message.
    #[input]
    pub ticket_text: String,
    /// Where it goes.
    #[output]
    pub queue: Queue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// A new card was ordered and has not come.
    CardArrival,
    /// A machine kept the card.
    CardSwallowed,
    /// How an exchange rate comes about.
    ExchangeRate,
    /// The phone with the app is lost or stolen.
    LostPhone,
    /// A PIN or passcode is forgotten.
    ForgottenCode,
    /// A fee for taking out cash.
    CashFee,
    /// A transfer has not reached who it was sent to.
    TransferMissing,
    /// The account is to be closed.
    CloseAccount,
}

/// Sort a message to a bank by what the customer wants.
#[signature]
pub struct FindIntent {
    #[meta]
    pub id: String,
    /// The customer's message.
    #[input]
    pub text: String,
    /// What the customer wants.
    #[output]
    pub intent: Intent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shipping {
    Standard,
    Express,
    Pickup,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    /// First and last name.
    pub customer: String,
    /// How many pieces in all.
    pub pieces: i64,
    pub shipping: Shipping,
    /// The names of the things, in the singular.
    pub items: Vec<String>,
    /// The day it is needed by, as YYYY-MM-DD, if one is given.
    pub due: Option<String>,
}

/// Read an order out of a message to a shop.
#[signature]
pub struct ReadOrder {
    #[meta]
    pub id: String,
    /// The customer's message.
    #[input]
    pub message: String,
    /// What is ordered.
    #[output]
    pub order: Order,
}

/// Solve the word problem.
#[signature]
pub struct Solve {
    #[meta]
    pub id: String,
    #[input]
    pub question: String,
    /// The number that is asked for.
    #[output]
    pub answer: i64,
}

/// Tell who wrote a note, for which company, and in which city that is.
#[signature]
pub struct ReadCard {
    #[meta]
    pub id: String,
    /// A note to our office.
    #[input]
    pub note: String,
    /// First and last name.
    #[output]
    pub person: String,
    /// The name of the company.
    #[output]
    pub company: String,
    /// The city of the company.
    #[output]
    pub city: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// The name of the thing, in the singular.
    pub item: String,
    /// How many were bought.
    pub pieces: i64,
    /// The price of one.
    pub euros: i64,
}

/// List what was bought.
#[signature]
pub struct ReadReceipt {
    #[meta]
    pub id: String,
    /// A note about a purchase.
    #[input]
    pub text: String,
    /// One entry for each kind of thing.
    #[output]
    pub lines: Vec<Line>,
}

/// Runs a task of [`TASKS`] over the first rows of its file.
pub async fn run(task: &str, cx: &Context, data: &Path, rows: usize) -> Result<Report> {
    match task {
        "tickets" => {
            let right = |row: &SortTicket, out: &SortTicketOutput| row.queue == out.queue;
            over(cx, Predict::<SortTicket>::new(), Evaluate::new(right), task, data, rows).await
        }
        "intents" => {
            let right = |row: &FindIntent, out: &FindIntentOutput| row.intent == out.intent;
            over(cx, Predict::<FindIntent>::new(), Evaluate::new(right), task, data, rows).await
        }
        "orders" => over(cx, Predict::<ReadOrder>::new(), Evaluate::new(of_order), task, data, rows).await,
        "sums" => {
            let right =
                |row: &Solve, out: &dspy::predict::WithReasoning<SolveOutput>| row.answer == out.answer;
            over(cx, ChainOfThought::<Solve>::new(), Evaluate::new(right), task, data, rows).await
        }
        "cards" => over(cx, Predict::<ReadCard>::new(), Evaluate::new(of_card), task, data, rows).await,
        "receipts" => {
            over(cx, Predict::<ReadReceipt>::new(), Evaluate::new(of_lines), task, data, rows).await
        }
        other => Err(dspy::Error::new(dspy::ErrorKind::Data, format!("there is no task `{other}`"))),
    }
}

/// One row at a time: greedy text changes with what a server batches together.
async fn over<R, P>(
    cx: &Context,
    program: P,
    evaluate: Evaluate<R, P::Output>,
    task: &str,
    data: &Path,
    rows: usize,
) -> Result<Report>
where
    R: Row,
    P: Module,
    P::Output: Send + Sync + 'static,
    R::Input: Into<P::Input>,
{
    let all = Rows::<R>::load(data.join(format!("{task}.jsonl")))?;
    let evaluate = evaluate.concurrency(1).max_errors(usize::MAX).progress(false).keep_exchanges(true);
    evaluate.run(cx, &program, &all.take(rows)).await
}

/// The share of fields that are right.
fn of_order(row: &ReadOrder, out: &ReadOrderOutput) -> f64 {
    let (want, got) = (&row.order, &out.order);
    let plain_items = |items: &[String]| {
        let mut items: Vec<String> = items.iter().map(|item| plain(item)).collect();
        items.sort();
        items
    };
    share([
        plain(&want.customer) == plain(&got.customer),
        want.pieces == got.pieces,
        want.shipping == got.shipping,
        plain_items(&want.items) == plain_items(&got.items),
        want.due == got.due,
    ])
}

fn of_card(row: &ReadCard, out: &ReadCardOutput) -> f64 {
    share([
        plain(&row.person) == plain(&out.person),
        plain(&row.company) == plain(&out.company),
        plain(&row.city) == plain(&out.city),
    ])
}

/// The share of lines that are right, of those wanted or given, whichever are more.
#[allow(clippy::cast_precision_loss)]
fn of_lines(row: &ReadReceipt, out: &ReadReceiptOutput) -> f64 {
    let key = |line: &Line| (plain(&line.item), line.pieces, line.euros);
    let mut wanted: Vec<_> = row.lines.iter().map(key).collect();
    let most = wanted.len().max(out.lines.len());
    let mut hits = 0;
    for line in out.lines.iter().map(key) {
        if let Some(place) = wanted.iter().position(|want| *want == line) {
            wanted.swap_remove(place);
            hits += 1;
        }
    }
    if most == 0 { 1.0 } else { f64::from(hits) / most as f64 }
}

#[allow(clippy::cast_precision_loss)]
fn share<const N: usize>(right: [bool; N]) -> f64 {
    right.iter().filter(|right| **right).count() as f64 / N as f64
}

/// A text without what does not matter: case, blanks, an article, a plural.
fn plain(text: &str) -> String {
    let words = text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words.trim_matches('.');
    let bare = ["the ", "a ", "an "]
        .iter()
        .fold(words, |words, article| words.strip_prefix(article).unwrap_or(words));
    bare.strip_suffix('s').unwrap_or(bare).to_owned()
}

/// A context that asks in a form of this name: `default` is the one that it takes by itself.
pub fn form(name: &str, cx: &Context) -> Result<Context> {
    Ok(match name {
        "default" => cx.clone(),
        "json" => cx.with_adapter(JsonAdapter),
        "chat" => cx.with_adapter(ChatAdapter),
        "xml" => cx.with_adapter(XmlAdapter),
        "two_step" => cx.with_adapter(TwoStep::new()),
        other => return Err(Error::new(ErrorKind::NotConfigured, format!("there is no form `{other}`"))),
    })
}

/// A row of the table: typed share, score, calls and tokens.
#[allow(clippy::cast_precision_loss)]
pub fn line(task: &str, form: &str, report: &Report) -> String {
    let (rows, usage) = (report.rows().len(), report.usage());
    let per_row = |count: u64| count as f64 / rows.max(1) as f64;
    let typed = rows - report.failures().count();
    format!(
        "| {task} | {form} | {rows} | {:.2} | {:.2} | {:.2} | {:.0} / {:.0} |",
        per_row(typed as u64),
        report.score(),
        per_row(usage.calls),
        per_row(usage.input_tokens),
        per_row(usage.output_tokens)
    )
}
