use dspy::signature;

struct Ticket {
    text: String,
}

/// Sort the ticket.
#[signature]
struct Triage {
    #[input]
    ticket: Ticket,
    #[output(desc = "")]
    queue: String,
}

fn main() {
    println!("{}", Ticket { text: String::new() }.text);
}
