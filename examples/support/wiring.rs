//! The program as wiring: who takes what and gives what, and no `forward` by hand.

use dspy::{ChainOfThought, Predict, module};

use super::program::{ResolveTicket, SupportTicket, Triage};

/// Sorts a ticket, then resolves it.
#[module(SupportTicket: ticket_text, policy_context -> queue, resolution)]
pub struct Support {
    #[call(ticket_text -> queue)]
    triage: Predict<Triage>,
    #[call(policy_context, ticket_text, queue -> resolution)]
    resolve: ChainOfThought<ResolveTicket>,
}
