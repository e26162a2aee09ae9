use dspy::{Context, Predict, Result, module, signature};

/// Write a draft.
#[signature]
struct Draft {
    #[input]
    topic: String,
    #[output(desc = "")]
    text: String,
}

/// Review a text.
#[signature]
struct Review {
    #[input]
    text: String,
    #[output(desc = "")]
    verdict: bool,
}

#[module]
struct Judged {
    draft: Predict<Draft>,
}

#[module(topic: String -> text: String)]
impl Judged {
    async fn forward(&self, cx: &Context, input: DraftInput) -> Result<DraftOutput> {
        Ok(self.draft.call(cx, input).await?.into_output())
    }
}

fn main() {}
