//! A program of several predictors: ordinary Rust, calls at the same time, a typed trace.
//!
//! ```console
//! $ cargo run --example module
//! ```

use dspy::{Context, Lm, Predict, Result, module, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Tone {
    /// Thanks, praise, joy, love.
    Friendly,
    /// Complaints, threats, anger, never again.
    Angry,
}

/// Say in which tone a review is written.
#[signature]
struct JudgeTone {
    #[input]
    review: String,
    /// The tone of the review as a whole.
    #[output]
    tone: Tone,
}

/// Quote the sentence of the review that says most about the product.
#[signature]
struct Quote {
    #[input]
    review: String,
    #[input]
    product: String,
    /// One sentence of the review, word for word.
    #[output]
    sentence: String,
}

/// The digest of a review.
#[signature]
struct Digest {
    #[input]
    product: String,
    #[input]
    review: String,
    /// The tone of the review as a whole.
    #[output]
    tone: Tone,
    /// One sentence of the review, word for word.
    #[output]
    sentence: String,
}

#[module]
struct Reader {
    tone: Predict<JudgeTone>,
    quote: Predict<Quote>,
}

#[module]
impl Reader {
    async fn forward(&self, cx: &Context, input: DigestInput) -> Result<DigestOutput> {
        let DigestInput { product, review } = input;
        let (tone, quote) = tokio::try_join!(
            self.tone.call(cx, JudgeToneInput { review: review.clone() }),
            self.quote.call(cx, QuoteInput { review, product }),
        )?;
        Ok(DigestOutput { tone: tone.tone, sentence: quote.into_output().sentence })
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let cx = Context::new(Lm::from_env_or_builtin()?);
    let reader = Reader::new();
    let input = DigestInput {
        product: "kettle that boils water".into(),
        review: "It came on a Tuesday. This kettle boils water in a minute, I love it. Thanks to the shop!"
            .into(),
    };
    let digest = reader.call(&cx, input).await?;
    println!("{:?}: {}\n", digest.tone, digest.sentence);

    println!("the steps, in the order in which they began:");
    for step in digest.trace().steps() {
        println!(
            "- {}: {} -> {}",
            step.path,
            step.input,
            step.output.as_ref().map_or_else(Clone::clone, ToString::to_string)
        );
    }
    let tone = digest.trace().steps_of(&reader.tone).next().map(|step| step.output());
    println!("the tone again, typed: {:?}", tone.transpose()?.map(|output| output.tone));
    println!("in all {}\n\nthe last exchange, to the letter:\n{}", digest.usage(), cx.history(1));
    Ok(())
}
