use dspy::signature;

/// Sort the ticket.
#[signature]
struct Triage {
    #[input]
    ticket_text: String,
    #[output(desc = "")]
    queue: String,
}

fn main() {
    let _ = TriageInput { ticket_txt: String::new() };
}
