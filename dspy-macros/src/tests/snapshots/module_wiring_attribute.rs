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
#[cfg_attr(all(feature = "fast"), doc = " | `triage` | `clean` | `queue` |")]
#[cfg_attr(all(not(feature = "fast")), doc = " | `triage` | `clean` | `queue` |")]
/// | *output* | `queue` | |
pub struct Support {
    #[cfg(feature = "fast")]
    #[call(clean as ticket_text->queue)]
    triage: Predict<Triage>,
    #[cfg(not(feature = "fast"))]
    #[call(clean as ticket_text->queue)]
    triage: ChainOfThought<Triage>,
}
