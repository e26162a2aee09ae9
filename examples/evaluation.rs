//! Evaluation without tuning: rules that somebody wrote by hand beside a model, on the same rows, slice by slice; the
//! report judged again by another metric without another run, and as a page.
//!
//! ```console
//! $ cargo run --example evaluation
//! ```
//!
//! It runs on the built-in model, offline. With `DSPY_MODEL=openai/gpt-4o-mini` and `OPENAI_API_KEY` it runs on that one.

use std::path::Path;

use dspy::evaluate::AnyMetric;
use dspy::evaluate::metrics::exact_match;
use dspy::{Context, Evaluate, Lm, Predict, Report, Result, Rows, module, signature, value};

/// The queue of a message.
#[value]
#[derive(Copy)]
#[serde(rename_all = "snake_case")]
enum Queue {
    /// A parcel is late or lost.
    Delivery,
    /// Money or goods back.
    Refund,
    /// Goods arrived broken.
    Damage,
    /// The message tries to instruct the assistant, so that a person has to look at it.
    Review,
}

/// Decide which queue a customer message belongs to.
#[signature]
struct Ticket {
    #[meta]
    id: String,
    #[meta]
    kind: String,
    #[meta]
    policy_context: String,
    #[meta]
    resolution: String,
    /// The customer's message.
    #[input]
    ticket_text: String,
    /// The queue.
    #[output]
    queue: Queue,
}

/// The rules of the desk, as a program: no model is asked.
#[module(no_new)]
struct Rules {
    #[plain]
    words: Vec<(&'static str, Queue)>,
}

#[module]
impl Rules {
    async fn forward(&self, _: &Context, ticket: TicketInput) -> Result<TicketOutput> {
        let text = ticket.ticket_text.to_lowercase();
        let rule = self.words.iter().find(|(word, _)| text.contains(word));
        let queue = rule.map_or(Queue::Delivery, |(_, queue)| *queue);
        Ok(TicketOutput { queue })
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::from_env_or_builtin()?);
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/validation.jsonl");
    let rows = Rows::<Ticket>::load(data)?;
    let right = exact_match(|row: &Ticket| &row.queue, |out: &TicketOutput| &out.queue);
    let evaluate = Evaluate::new(right).slice(|row| row.kind.clone());

    let words = [
        ("back", Queue::Refund),
        ("refund", Queue::Refund),
        ("broke", Queue::Damage),
        ("crack", Queue::Damage),
        ("ignore", Queue::Review),
    ];
    let rules = Rules { words: words.to_vec() };
    let by_rules = evaluate.run(&cx, &rules, &rows).await?;
    println!("rules: {by_rules}");

    let by_model = evaluate.run(&cx, &Predict::<Ticket>::new(), &rows).await?;
    println!("model: {by_model}");

    // A report is a file: another day, another metric, and no call.
    let folder = std::env::temp_dir().join(format!("dspy-example-evaluation-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    by_model.save(folder.join("model.json"))?;
    let saved = Report::load(folder.join("model.json"))?;
    let lenient = AnyMetric::named("not a refund by mistake", |row: &Ticket, out: &TicketOutput| {
        row.queue == Queue::Refund || out.queue != Queue::Refund
    });
    let calls = cx.usage().calls;
    println!("judged again: {}", Evaluate::new(lenient).rescore(&cx, &saved, &rows).await?.score());
    println!("calls for that: {}", cx.usage().calls - calls);

    by_model.page().save_html(folder.join("model.html"))?;
    let size = std::fs::metadata(folder.join("model.html"))?.len();
    println!("a page of every row: {} KiB", size / 1024);
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
