//! The metric for a good answer: the right queue, and a resolution that keeps to the policy.

use dspy::Score;

use crate::program::{SupportTicket, SupportTicketOutput};

/// Half for the exact queue, half for a faithful resolution: it cites the policy that applies, no
/// other one, and says no figure that stands neither in the policies nor in the ticket.
pub fn queue_and_policy(row: &SupportTicket, out: &SupportTicketOutput) -> Score {
    let queue = row.queue == out.queue;
    let cited = tags(&out.resolution) == tags(&row.resolution);
    let given = format!("{} {}", row.policy_context, row.ticket_text);
    let invented = figures(&out.resolution).into_iter().find(|figure| !figures(&given).contains(figure));
    let faithful = cited && invented.is_none();

    let mut feedback = Vec::new();
    if !queue {
        feedback.push(format!("the queue is {:?}, not {:?}", row.queue, out.queue));
    }
    if !cited {
        feedback.push(format!("the policy that applies is {}", tags(&row.resolution).join(", ")));
    }
    if let Some(figure) = invented {
        feedback.push(format!("{figure} stands in no policy"));
    }
    let score = Score::from(0.5 * f64::from(u8::from(queue)) + 0.5 * f64::from(u8::from(faithful)));
    if feedback.is_empty() { score } else { score.because(feedback.join("; ")) }
}

/// The tags in square brackets, in order: `[D1]`.
fn tags(text: &str) -> Vec<&str> {
    let inside = text.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(tag, _)| tag);
    inside.filter(|tag| tag.len() == 2 && tag.starts_with(|first: char| first.is_ascii_uppercase())).collect()
}

/// The numbers outside of tags.
fn figures(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '.' && c != '[');
    let figures =
        words.filter(|word| !word.contains('[') && word.starts_with(|first: char| first.is_ascii_digit()));
    figures.map(|figure| figure.trim_end_matches('.').to_owned()).collect()
}
