//! A custom model: here a wrapper that counts the words that are sent.
//!
//! ```console
//! $ cargo run --example custom_lm
//! ```

use std::sync::atomic::{AtomicUsize, Ordering};

use dspy::lm::{LanguageModel, Lexical, ModelId, Request, Response};
use dspy::{Context, Predict, Result, signature};
use futures_util::future::BoxFuture;

/// Quote the sentence that answers the question.
#[signature]
struct Find {
    #[input]
    text: String,
    #[input]
    question: String,
    /// One sentence of the text, word for word.
    #[output]
    sentence: String,
}

/// Counts the words that a model is sent.
#[derive(Debug)]
struct Counting<L> {
    model: L,
    words: &'static AtomicUsize,
}

impl<L: LanguageModel> LanguageModel for Counting<L> {
    fn id(&self) -> &ModelId {
        self.model.id()
    }

    fn complete<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Response>> {
        let words = request.messages.iter().map(|message| message.text().split_whitespace().count()).sum();
        self.words.fetch_add(words, Ordering::Relaxed);
        self.model.complete(request)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    static WORDS: AtomicUsize = AtomicUsize::new(0);
    let cx = Context::new(Counting { model: Lexical::new(), words: &WORDS });
    let input = FindInput {
        text: "The shop opens at nine. Parking is behind the house. Dogs may come in.".into(),
        question: "Where is parking?".into(),
    };
    let found = Predict::<Find>::new().call(&cx, input).await?;
    println!("{}\n{} words were sent to {}", found.sentence, WORDS.load(Ordering::Relaxed), cx.lm().id());
    Ok(())
}
