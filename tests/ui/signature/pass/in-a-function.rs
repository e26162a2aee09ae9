#![deny(warnings)]

use dspy::{Signature, signature};

fn main() {
    #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    enum Queue {
        Billing,
        Shipping,
    }

    /// Sort the ticket.
    #[signature]
    struct Triage {
        #[input]
        ticket: String,
        #[output(desc = "")]
        queue: Queue,
    }

    assert_eq!(Triage::schema().name(), "Triage");
    let _ = TriageInput { ticket: String::new() };
    let _ = (TriageOutput { queue: Queue::Billing }, Queue::Shipping);
}
