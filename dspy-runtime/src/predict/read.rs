//! Reads a reply in the format that was asked for, then in others.

use super::ask::Question;
use crate::parse::{Mode, Parsed};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::value::Record;

/// Reads a reply; the problems are those of the format that was asked for.
pub(super) fn read(
    question: &Question<'_>,
    reply: &str,
    decode: &mut (dyn FnMut(Record) -> Result<(), Vec<Problem>> + Send + '_),
) -> Result<(Record, Vec<Repair>), Vec<Problem>> {
    let Question { schema, adapter, cx } = question;
    let mode = cx.reply_mode();
    let mut take = |parsed: Parsed| {
        let violations = schema.violations(&parsed.record);
        if violations.is_empty() { decode(parsed.record.clone()).map(|()| parsed) } else { Err(violations) }
    };
    let first = match adapter.parse(schema, reply, mode).and_then(&mut take) {
        Ok(parsed) => return Ok((parsed.record, parsed.repairs)),
        Err(problems) => problems,
    };
    // Another format is a repair, too.
    let others = if mode == Mode::Strict { Vec::new() } else { adapter.others() };
    for other in others {
        if let Ok(mut parsed) = other.parse(schema, reply, mode).and_then(&mut take) {
            parsed.repairs.insert(0, Repair::OtherFormat(other.name().to_owned()));
            return Ok((parsed.record, parsed.repairs));
        }
    }
    Err(first)
}
