//! Reads a reply in the format that was asked for, then in others.

use super::ask::Question;
use crate::parse::{Mode, Parsed};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::value::Record;

/// Why a reply is not taken.
pub(super) enum Refusal {
    /// It cannot be read.
    Unreadable(Vec<Problem>),
    /// It can, but what it says breaks a condition.
    Unfit(Vec<Problem>),
}

impl Refusal {
    pub(super) fn into_problems(self) -> Vec<Problem> {
        match self {
            Self::Unreadable(problems) | Self::Unfit(problems) => problems,
        }
    }
}

/// Reads a reply; the problems are those of the format that was asked for.
pub(super) fn read(
    question: &Question<'_>,
    reply: &str,
    decode: &mut (dyn FnMut(Record) -> Result<(), Vec<Problem>> + Send + '_),
) -> Result<(Record, Vec<Repair>), Refusal> {
    let Question { schema, adapter, cx, .. } = question;
    let mode = cx.settings().reply_mode;
    let mut take = |parsed: Parsed| {
        let mut problems = schema.violations(&parsed.record);
        if problems.is_empty() {
            match decode(parsed.record.clone()) {
                Ok(()) => return Ok(parsed),
                Err(misfits) => problems = misfits,
            }
        }
        Err(Refusal::Unfit(problems))
    };
    let parsed = adapter.parse(schema, reply, mode).map_err(Refusal::Unreadable);
    let first = match parsed.and_then(&mut take) {
        Ok(parsed) => return Ok((parsed.record, parsed.repairs)),
        Err(refusal) => refusal,
    };
    // Another format is a repair, too.
    let others = if mode == Mode::Strict { Vec::new() } else { adapter.others() };
    for other in others {
        let parsed = other.parse(schema, reply, mode).map_err(Refusal::Unreadable);
        if let Ok(mut parsed) = parsed.and_then(&mut take) {
            parsed.repairs.insert(0, Repair::OtherFormat(other.name().to_owned()));
            return Ok((parsed.record, parsed.repairs));
        }
    }
    Err(first)
}
