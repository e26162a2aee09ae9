use dspy::signature;

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
enum Queue {
    Billing,
    Shipping,
}

/// Sort the ticket.
#[signature]
struct Triage {
    #[input]
    ticket: String,
    #[output(desc = "", check(|queue| matches!(queue, Queue::Billing | Queue::Shipping), "a queue"))]
    queue: Queue,
}

fn main() {}
