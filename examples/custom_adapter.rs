//! A custom prompt format: a line for each field, as in a mail's head.
//!
//! ```console
//! $ cargo run --example custom_adapter
//! ```

use dspy::adapter::{Adapter, ChatAdapter};
use dspy::data::Record;
use dspy::lm::{Message, Scripted};
use dspy::parse::{self, Mode, Parsed, Problem};
use dspy::signature::{Field, Schema};
use dspy::{Context, Predict, Result, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Queue {
    Delivery,
    Refund,
}

/// Sort the ticket.
#[signature]
struct Sort {
    #[input]
    ticket: String,
    /// The queue it goes to.
    #[output]
    queue: Queue,
    /// The number of days it can wait.
    #[output(max = 30)]
    days: u8,
}

/// Writes and reads `field: value` lines.
#[derive(Debug)]
struct Lines;

impl Lines {
    fn lines<'a>(fields: impl Iterator<Item = &'a Field>, record: &Record) -> String {
        let given = fields.filter_map(|field| Some((field.name(), record.get(field.name())?)));
        let line = |(name, value): (&str, &serde_json::Value)| match value.as_str() {
            Some(text) => format!("{name}: {}\n", text.replace('\n', " ")),
            None => format!("{name}: {value}\n"),
        };
        given.map(line).collect()
    }
}

impl Adapter for Lines {
    fn name(&self) -> &'static str {
        "lines"
    }

    // The task and the demonstrations: written once for each state of a predictor.
    fn fixed(&self, schema: &Schema, instructions: &str, demos: &[Record]) -> Vec<Message> {
        let mut task = format!("{instructions}\nReply with these lines alone:\n");
        for field in schema.outputs() {
            task.push_str(&format!("{}: {} {}\n", field.name(), field.spec().text(), field.description()));
        }
        let turns = demos.iter().flat_map(|demo| [self.input(schema, demo), self.output(schema, demo)]);
        std::iter::once(Message::system(task)).chain(turns).collect()
    }

    // The input of one call.
    fn input(&self, schema: &Schema, input: &Record) -> Message {
        Message::user(Self::lines(schema.inputs(), input))
    }

    // What the model should say; for demonstrations above, and for the turns of a `History`.
    fn output(&self, schema: &Schema, output: &Record) -> Message {
        Message::assistant(Self::lines(schema.outputs(), output))
    }

    // Finds the text of each field; the library reads the text as the field's type.
    fn parse(&self, schema: &Schema, reply: &str, mode: Mode) -> std::result::Result<Parsed, Vec<Problem>> {
        let mut parsed = Parsed::default();
        let mut problems = Vec::new();
        for field in schema.outputs() {
            let start = format!("{}:", field.name());
            let mut found = reply.lines().filter_map(|line| line.trim().strip_prefix(&start));
            let text = match (found.next(), found.next()) {
                (Some(text), None) => text,
                (None, _) => {
                    problems.push(Problem::new(field.name(), "", "its line is missing"));
                    continue;
                }
                (Some(_), Some(_)) => {
                    problems.push(Problem::new(field.name(), reply, "its line stands twice"));
                    continue;
                }
            };
            match parse::field(field.spec(), text, mode) {
                Ok((value, repairs)) => {
                    parsed.record.insert(field.name(), value);
                    parsed.repairs.extend(repairs);
                }
                Err(problem) => problems.push(problem.within(field.name())),
            }
        }
        if problems.is_empty() { Ok(parsed) } else { Err(problems) }
    }

    // A reply in the library's own form is not asked for again, but read.
    fn others(&self) -> Vec<std::sync::Arc<dyn Adapter>> {
        vec![std::sync::Arc::new(ChatAdapter)]
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    // The built-in model knows the library's own formats alone, so canned replies stand in for a model.
    let replies = ["queue: refund\ndays: soon", "queue: Refund\ndays: 3"];
    let cx = Context::new(Scripted::replies(replies));
    let sort = Predict::<Sort>::new().adapter(Lines);
    let reply = sort.call(&cx, SortInput { ticket: "My money has not come back.".into() }).await?;

    println!("{}", cx.history(2));
    let repairs: Vec<_> = reply.repairs().map(ToString::to_string).collect();
    println!("{:?} within {} days ({}; {})", reply.queue, reply.days, reply.usage(), repairs.join(", "));
    Ok(())
}
