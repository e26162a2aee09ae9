//! One task: the prompt that it becomes, and the replies that it takes and refuses.
//!
//! ```console
//! $ cargo run --example signature
//! ```

use dspy::lm::Scripted;
use dspy::{Context, Predict, Result, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Urgency {
    /// Someone is hurt or loses money by the hour.
    Now,
    /// It can wait for the next working day.
    Tomorrow,
}

/// Read an order out of a customer's mail.
#[signature]
struct Order {
    /// The mail, as it came.
    #[input]
    mail: String,
    /// The articles ordered, one entry each.
    #[output]
    articles: Vec<String>,
    /// The number of pieces in all.
    #[output(check(|pieces: &u32| *pieces > 0, "at least 1"))]
    pieces: u32,
    /// The urgency.
    #[output]
    urgency: Urgency,
}

#[tokio::main]
async fn main() -> Result<()> {
    let order = Predict::<Order>::new();
    let input = OrderInput { mail: "Two lamps and a chair please, our office opens today!".into() };

    println!(
        "The prompt, without a call:\n\n{}",
        order.render(&Context::new(Scripted::replies([""])), &input)?
    );

    println!("Replies, and what becomes of them:");
    for reply in [
        "[[ ## articles ## ]]\n[\"lamp\", \"chair\"]\n[[ ## pieces ## ]]\n3\n[[ ## urgency ## ]]\nnow\n[[ ## completed ## ]]",
        "Sure! {\"articles\": [\"lamp\", \"chair\"], \"pieces\": \"3\", \"urgency\": \"Now\"}",
        "[[ ## articles ## ]]\n[\"lamp\", \"chair\"]\n[[ ## pieces ## ]]\ntwo or three\n[[ ## urgency ## ]]\nsoon",
        "[[ ## articles ## ]]\n[]\n[[ ## pieces ## ]]\n0\n[[ ## urgency ## ]]\ntomorrow",
    ] {
        let cx = Context::new(Scripted::replies([reply])).with_parse_retries(0);
        match order.call(&cx, input.clone()).await {
            Ok(order) => {
                let repairs: Vec<_> = order.repairs().map(ToString::to_string).collect();
                println!(
                    "- {} pieces, {:?}, {:?}; repaired: {repairs:?}",
                    order.pieces, order.articles, order.urgency
                );
            }
            Err(error) => println!("- {error}"),
        }
    }
    Ok(())
}
