#[derive(::core::clone::Clone)]
#[derive(::dspy::__private::Module)]
#[dspy(Task:note, r#limit->queue)]
/// Sorts tickets.
#[call(fn text::normalize(note, &limit)->clean)]
///
/// # Data flow
///
/// | call | takes | gives |
/// |---|---|---|
/// | *input* | | `note`, `limit` |
/// | `text::normalize` | `note`, `limit` | `clean` |
/// | `triage` | `clean` | `queue` |
/// | *output* | `queue` | |
pub struct Support {
    #[call(clean as ticket_text->queue)]
    triage: Predict<Triage>,
}
