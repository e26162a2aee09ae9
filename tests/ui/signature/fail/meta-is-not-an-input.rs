use dspy::signature;

/// Sort the ticket.
#[signature]
struct Triage {
    #[meta]
    id: String,
    #[input]
    ticket_text: String,
    #[output(desc = "")]
    queue: String,
}

fn main() {
    let _ = TriageInput { id: String::new(), ticket_text: String::new() };
}
