//! A conversation on the terminal with a support desk that looks things up in its handbook.
//!
//! ```console
//! $ cargo run --example chat
//! ```
//!
//! It runs on the built-in model, offline, which answers with a line of the handbook. With
//! `DSPY_MODEL=openai/gpt-4o-mini` and `OPENAI_API_KEY` the same program talks through that model. Where nobody
//! types, as `cargo run --example chat < /dev/null`, it makes a short conversation by itself.

use std::io::{BufRead, IsTerminal, Write, stdin, stdout};
use std::path::Path;

use dspy::context::FieldEvent;
use dspy::module::StreamEvent;
use dspy::retrieve::{Bm25, Documents, Retrieve};
use dspy::{Chat, Context, History, Lm, Predict, Result, module, signature};
use futures_util::StreamExt;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Answer the customer.
#[signature]
pub struct Talk {
    #[input]
    pub history: History<Talk>,
    #[input]
    pub message: String,
    /// The answer to the customer.
    #[output]
    pub reply: String,
}

/// Answer the customer's last message by the policies that were found, in one or two friendly sentences.
#[signature]
pub struct Reply {
    #[input]
    pub history: History<Talk>,
    #[input]
    pub message: String,
    /// The policies of the handbook that come nearest.
    #[input]
    pub policies: String,
    /// The answer to the customer, by the policy that applies.
    #[output]
    pub reply: String,
}

/// The facts in the handbook about a policy beside its text.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
pub struct Policy {
    tag: String,
}

#[module]
pub struct Desk {
    handbook: Retrieve<Bm25<Policy>>,
    reply: Predict<Reply>,
}

#[module]
impl Desk {
    async fn forward(&self, cx: &Context, input: TalkInput) -> Result<TalkOutput> {
        let TalkInput { history, message } = input;
        let found = self.handbook.search(cx, &message).await?;
        let policies = found.iter().map(|policy| policy.text.as_str()).collect::<Vec<_>>().join("\n");
        let reply = self.reply.call(cx, ReplyInput { history, message, policies }).await?;
        Ok(TalkOutput { reply: reply.into_output().reply })
    }
}

impl Desk {
    fn open(handbook: &Path) -> Result<Self> {
        let policies = Documents::open(handbook).rows("text")?;
        Ok(Self { handbook: Retrieve::new(Bm25::new(policies)?, 3), reply: Predict::new() })
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::from_env_or_builtin()?);
    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/policies.jsonl");
    let mut chat = Chat::new(Desk::open(&handbook)?).tokens(2_000);
    let typed = lines();
    for message in typed {
        let mut turn = chat.stream(&cx, |history| TalkInput { history, message });
        while let Some(event) = turn.next().await {
            // Fields come bit by bit; what the reply is of is known by its name.
            if let StreamEvent::Field(FieldEvent::FieldDelta { field, text, .. }) = event?
                && field == "reply"
            {
                print!("{text}");
                stdout().flush().map_err(dspy::Error::program)?;
            }
        }
        println!();
    }
    println!("({} turns, {} of them forgotten; {})", chat.history().len(), chat.forgotten(), cx.usage());
    Ok(())
}

/// Returns the typed lines, or lines that someone might type.
fn lines() -> Box<dyn Iterator<Item = String>> {
    if stdin().is_terminal() {
        println!("Ask the support desk; an empty line ends it.");
    }
    let mut typed =
        stdin().lock().lines().map_while(std::result::Result::ok).take_while(|line| !line.is_empty());
    match typed.next() {
        Some(first) => Box::new(std::iter::once(first).chain(typed)),
        None => Box::new(SAID.into_iter().map(|line| {
            println!("> {line}");
            line.to_owned()
        })),
    }
}

const SAID: [&str; 3] = [
    "My parcel is a week late. Can you trace it with the carrier?",
    "Can I still change the shipping address?",
    "And how do I get a refund for a damaged item?",
];
