#[derive(::dspy::__private::Signature)]
#[dspy(instructions = "Sort it.")]
/// Decide which queue a customer message belongs to.
#[derive(PartialEq)]
pub struct Triage {
    #[input]
    pub ticket_text: &'static str,
    #[output(desc = "Where it goes.")]
    #[dspy(ouput = output)]
    pub queue: Queue,
}
