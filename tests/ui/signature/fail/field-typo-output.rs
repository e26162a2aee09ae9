use dspy::signature;

/// Sort the ticket.
#[signature]
struct Triage {
    #[input]
    ticket_text: String,
    #[output(desc = "")]
    queue: String,
}

fn metric(row: &Triage, out: &TriageOutput) -> bool {
    row.queue == out.quue
}

fn main() {
    let _ = metric;
}
