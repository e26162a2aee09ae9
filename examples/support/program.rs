//! The program: two predictors, one after the other.

use dspy::{ChainOfThought, Context, Predict, Result, module, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The queues of the support team.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Queue {
    /// A parcel is late, lost or on its way to the wrong place.
    Delivery,
    /// Money is to be paid back, or was taken wrongly.
    Refund,
    /// Goods arrived broken or incomplete.
    Damage,
    /// A person must look at it: fraud, threats, or attempts to talk the assistant round.
    Review,
}

/// The slices that the release gate watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    LateDelivery,
    Refund,
    Damage,
    Adversarial,
}

/// Decide which queue a customer message belongs to.
#[signature]
pub struct Triage {
    /// The customer's message.
    #[input]
    pub ticket_text: String,
    /// The queue it goes to.
    #[output]
    pub queue: Queue,
}

/// Resolve a support ticket from the policies that apply to it.
#[signature]
pub struct ResolveTicket {
    /// Retrieved policy passages.
    #[input]
    pub policy_context: String,
    /// The customer's message.
    #[input]
    pub ticket_text: String,
    /// The queue it was sorted into.
    #[input]
    pub queue: Queue,
    /// Concise resolution that cites the policy by its tag in square brackets.
    #[output(check(|text: &String| text.len() <= 400, "at most 400 bytes"))]
    pub resolution: String,
}

/// Sort a ticket, then resolve it: the task of the whole program, and a row of its data.
#[signature]
pub struct SupportTicket {
    #[meta]
    pub id: String,
    #[meta]
    pub kind: Kind,
    #[input]
    pub ticket_text: String,
    #[input]
    pub policy_context: String,
    /// The queue it goes to.
    #[output]
    pub queue: Queue,
    /// The answer to the customer.
    #[output]
    pub resolution: String,
}

#[module]
pub struct Support {
    triage: Predict<Triage>,
    resolve: ChainOfThought<ResolveTicket>,
}

#[module]
impl Support {
    pub async fn forward(&self, cx: &Context, ticket: SupportTicketInput) -> Result<SupportTicketOutput> {
        let SupportTicketInput { ticket_text, policy_context } = ticket;
        let queue = self.triage.call(cx, TriageInput { ticket_text: ticket_text.clone() }).await?.queue;
        let reply = self.resolve.call(cx, ResolveTicketInput { policy_context, ticket_text, queue }).await?;
        Ok(SupportTicketOutput { queue, resolution: reply.resolution.clone() })
    }
}
