//! The names of the fields of a predictor in Python, as far as a file gives them.

use std::collections::BTreeSet;

use super::predictor::{DspyField, DspyPredictor};
use super::prefix;
use crate::error::{Error, ErrorKind, Result};
use crate::value::Record;

/// The name of the mark that Python adds to a demonstration made by a search.
const AUGMENTED: &str = "augmented";

/// Takes the names of the fields as someone says them.
pub(super) fn say(predictor: &mut DspyPredictor, names: Vec<String>) -> Result<()> {
    if predictor.fields.len() != names.len() {
        let message = format!(
            "predictor `{}` has {} fields, not {}",
            predictor.path,
            predictor.fields.len(),
            names.len()
        );
        return Err(Error::new(ErrorKind::Artifact, message));
    }
    predictor.names = Some(names);
    Ok(())
}

/// Gives the fields other names, wherever the old ones stand.
pub(super) fn change(predictor: &mut DspyPredictor, names: Vec<String>) -> Result<()> {
    let refused = |message: String| Err(Error::new(ErrorKind::Artifact, message));
    let Some(old) = predictor.names.clone() else {
        let message = format!(
            "what the fields of predictor `{}` are called is not known: say it with `with_names`",
            predictor.path
        );
        return refused(message);
    };
    say(predictor, names.clone())?;
    let renamed = |key: &str| old.iter().position(|old| old == key).and_then(|place| names.get(place));
    for demo in &mut predictor.demos {
        let mut changed = Record::new();
        for (key, value) in demo.iter() {
            let name = renamed(key).map_or(key, String::as_str);
            if changed.contains(name) {
                let message =
                    format!("a demonstration of predictor `{}` has two values for `{name}`", predictor.path);
                return refused(message);
            }
            changed.insert(name, value.clone());
        }
        *demo = changed;
    }
    for (field, (old, name)) in predictor.fields.iter_mut().zip(old.iter().zip(&names)) {
        if field.prefix.as_deref().is_some_and(|made| prefix::fits(made, old)) {
            field.prefix = Some(format!("{}:", prefix::of(name)));
        }
        if field.description.as_ref().is_some_and(|text| *text == format!("${{{old}}}")) {
            field.description = Some(format!("${{{name}}}"));
        }
    }
    Ok(())
}

/// The key of each field in the demonstrations; nothing for one that is in none of them.
///
/// The names are those that the fields have here.
pub(super) fn keys(predictor: &DspyPredictor, here: &[&str]) -> Result<Vec<Option<String>>> {
    if let Some(names) = &predictor.names {
        return Ok(names.iter().cloned().map(Some).collect());
    }
    let all: BTreeSet<&str> = predictor.demos.iter().flat_map(|demo| demo.names()).collect();
    let mut keys: Vec<Option<String>> = Vec::new();
    for (field, name) in predictor.fields.iter().zip(here) {
        keys.push(told(field, name, &all).map_err(|several| unclear(predictor, field, &several))?);
    }
    for place in 0..keys.len() {
        let (Some(field), Some(name)) = (predictor.fields.get(place), here.get(place)) else { continue };
        if keys.get(place).is_some_and(Option::is_some) || is_made(field) {
            continue;
        }
        // The prefix is its author's own, so that any key that is left may be the field's.
        let left: Vec<&str> =
            all.iter().filter(|key| **key != AUGMENTED && !taken(&keys, key)).copied().collect();
        match left.iter().find(|key| *key == name) {
            Some(key) => keys[place] = Some((*key).to_owned()),
            None if left.is_empty() => {}
            None => return Err(unclear(predictor, field, &left)),
        }
    }
    let twice = keys.iter().enumerate().find(|(place, key)| key.is_some() && keys[..*place].contains(key));
    match twice.and_then(|(place, _)| predictor.fields.get(place)) {
        Some(field) => Err(unclear(predictor, field, &all.into_iter().collect::<Vec<_>>())),
        None => Ok(keys),
    }
}

/// The name that a field's description or prefix tells, or else the keys among which they do not.
fn told<'a>(field: &DspyField, here: &str, all: &BTreeSet<&'a str>) -> Result<Option<String>, Vec<&'a str>> {
    let described = field.description.as_deref().and_then(|text| text.strip_prefix("${")?.strip_suffix('}'));
    if let Some(name) = described.filter(|name| !name.is_empty()) {
        return Ok(Some(name.to_owned()));
    }
    let Some(made) = field.prefix.as_deref() else { return Ok(None) };
    let fitting: Vec<&str> = all.iter().copied().filter(|key| prefix::fits(made, key)).collect();
    match fitting.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some((*one).to_owned())),
        several if several.contains(&here) => Ok(Some(here.to_owned())),
        _ => Err(fitting),
    }
}

/// Returns whether the prefix tells the name, so that a key that it does not fit is not the field's.
fn is_made(field: &DspyField) -> bool {
    field.prefix.as_deref().is_some_and(prefix::is_made)
}

fn taken(keys: &[Option<String>], key: &str) -> bool {
    keys.iter().flatten().any(|taken| taken == key)
}

fn unclear(predictor: &DspyPredictor, field: &DspyField, keys: &[&str]) -> Error {
    let message = format!(
        "predictor `{}`: the file does not say what the field with the prefix `{}` is called in Python; it may be one of \
         {} in the demonstrations: say it with `with_names`",
        predictor.path,
        field.prefix.as_deref().unwrap_or_default(),
        keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "),
    );
    Error::new(ErrorKind::Artifact, message)
}
