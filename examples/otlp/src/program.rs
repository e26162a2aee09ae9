//! A program of two predictors that run at the same time.

use dspy::{Context, Predict, Result, module, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Thanks, praise, joy, love.
    Friendly,
    /// Complaints, threats, anger, never again.
    Angry,
}

/// Say in which tone a review is written.
#[signature]
pub struct JudgeTone {
    #[input]
    review: String,
    /// The tone of the review as a whole.
    #[output]
    tone: Tone,
}

/// Quote the sentence of the review that says most about the product.
#[signature]
pub struct Quote {
    #[input]
    review: String,
    #[input]
    product: String,
    /// One sentence of the review, word for word.
    #[output]
    sentence: String,
}

/// The summary of a review.
#[signature]
pub struct Review {
    #[input]
    pub product: String,
    #[input]
    pub review: String,
    /// The tone of the review as a whole.
    #[output]
    pub tone: Tone,
    /// One sentence of the review, word for word.
    #[output]
    pub sentence: String,
}

#[module]
pub struct Reader {
    tone: Predict<JudgeTone>,
    quote: Predict<Quote>,
}

#[module]
impl Reader {
    async fn forward(&self, cx: &Context, input: ReviewInput) -> Result<ReviewOutput> {
        let ReviewInput { product, review } = input;
        let tone = JudgeToneInput { review: review.clone() };
        let quote = QuoteInput { review, product };
        let (tone, quote) = tokio::try_join!(self.tone.call(cx, tone), self.quote.call(cx, quote))?;
        Ok(ReviewOutput { tone: tone.into_output().tone, sentence: quote.into_output().sentence })
    }
}
