//! The rules of model families, as data.
//!
//! [`table`] has the rows, [`version`] reads names, and [`Rules`] is what holds for one model.

mod efforts;
mod rules;
mod table;
mod version;

pub use efforts::Efforts;
pub use rules::{Route, Rules, Takes, Thinking};

use super::ModelId;
use table::{FAMILIES, Family, Row};
use version::{Named, named};

/// The rules of a model, by its name.
pub(super) fn of(id: &ModelId) -> Rules {
    // A model that was fine-tuned, `ft:gpt-4.1-mini-2025-04-14:organization:suffix:id`, is as its base.
    let tuned = id.name().strip_prefix("ft:").and_then(|tuned| tuned.split(':').next());
    let name = tuned.unwrap_or(id.name());
    let families = FAMILIES.iter().filter(|family| family.providers.contains(&id.provider()));
    let mut found = families.filter_map(|family| Some((family, named(name, family)?)));
    let Some((family, named)) = found.next() else { return Rules::ANY };
    let Some(row) = row(family, &named) else { return Rules::ANY };
    let mut rules = row.rules;
    let is_new = named.version.is_some_and(|version| family.rows.iter().all(|row| row.since != version));
    if family.guess || is_new {
        rules.stands_in = Some(row.name);
    }
    rules
}

/// The row of a model: the newest that is not newer than the model, of those for its kind, or else for any.
fn row(family: &Family, named: &Named<'_>) -> Option<&'static Row> {
    let reached = |row: &&Row| named.version.is_none_or(|version| row.since <= version);
    let fitting = family.rows.iter().filter(reached).filter(|row| named.has(row.word));
    fitting.max_by_key(|row| (row.word.len(), row.since))
}

#[cfg(test)]
mod tests;
