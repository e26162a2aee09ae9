//! A search server as a retriever: the handbook in Qdrant, through its REST API.
//!
//! ```console
//! $ cargo run --example qdrant                                         # with a stand-in for the server
//! $ docker run -p 6333:6333 qdrant/qdrant
//! $ QDRANT_URL=http://127.0.0.1:6333 cargo run --example qdrant        # QDRANT_API_KEY, where it asks for one
//! ```
//!
//! `store.rs` is all that it takes: it implements `Retriever`, and so fits wherever one of ours does.

mod stand_in;
mod store;

use std::path::Path;

use dspy::retrieve::{Documents, Retrieve};
use dspy::{Context, Error, Lm, Predict, Result, module, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Qdrant;

/// The facts about a policy besides its text.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Policy {
    tag: String,
}

/// Answer the question.
#[signature]
struct Ask {
    #[input]
    question: String,
    /// One sentence.
    #[output]
    answer: String,
}

/// Answer the question from the policies.
#[signature]
struct Answer {
    #[input]
    question: String,
    /// The policies found, one per line.
    #[input]
    policies: String,
    /// One sentence.
    #[output]
    answer: String,
}

#[module]
struct Desk {
    search: Retrieve<Qdrant<Policy>>,
    answer: Predict<Answer>,
}

#[module]
impl Desk {
    async fn forward(&self, cx: &Context, input: AskInput) -> Result<AskOutput> {
        let AskInput { question } = input;
        let found = self.search.search(cx, &question).await?;
        let lines = found.iter().map(|found| format!("[{}] {}\n", found.meta.tag, found.text));
        let policies = lines.collect();
        let answer = self.answer.call(cx, AnswerInput { question, policies }).await?.answer.clone();
        Ok(AskOutput { answer })
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::from_env_or_builtin()?);
    let url = match std::env::var("QDRANT_URL") {
        Ok(url) => url,
        Err(_) => stand_in::start().await?,
    };
    // The process says which of its cryptography TLS uses; it may have been said before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().build().map_err(Error::program)?;
    let collection = format!("dspy-example-{}", std::process::id());
    let qdrant = Qdrant::new(client, &url, &collection, std::env::var("QDRANT_API_KEY").ok());

    let handbook = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/policies.jsonl");
    let policies = Documents::open(handbook).rows::<Policy>("text")?;
    qdrant.create(&cx).await?;
    qdrant.add(&cx, &policies).await?;
    println!("{} passages are in the collection `{collection}`", policies.len());

    let desk = Desk { search: Retrieve::new(qdrant, 3), answer: Predict::new() };
    let question = "My parcel is more than a week late. What happens now?".to_owned();
    let reply = desk.call(&cx, AskInput { question }).await?;
    for step in reply.trace().steps_of(&desk.search) {
        for found in step.output()?.passages {
            println!("{:.2} [{}] {}", found.score, found.meta.tag, found.text);
        }
    }
    println!("answer: {}", reply.answer);
    Ok(())
}
