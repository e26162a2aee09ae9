//! Objects: structs, maps, and both at once.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::Coercer;
use crate::parse::node::{Entry, Node};
use crate::parse::text::fold;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Keys, ObjectShape, Others, ShapeId};

/// The entries of an object by the keys that were wanted.
pub(in crate::parse) struct Keyed<'n, 'a> {
    /// The value of each wanted key.
    pub(in crate::parse) found: Vec<Option<&'n Node<'a>>>,
    pub(in crate::parse) unknown: Vec<&'n Entry<'a>>,
    pub(in crate::parse) repairs: Vec<Repair>,
}

/// Finds wanted keys in an object; a key in another spelling counts where one wanted key is meant.
pub(in crate::parse) fn keyed<'n, 'a>(
    entries: &'n [Entry<'a>],
    wanted: &[&str],
    other_spellings: bool,
) -> Result<Keyed<'n, 'a>, Problem> {
    let exact: HashMap<&str, usize> = wanted.iter().enumerate().map(|(index, name)| (*name, index)).collect();
    let mut keyed = Keyed { found: vec![None; wanted.len()], unknown: Vec::new(), repairs: Vec::new() };
    let mut rest = Vec::new();
    for entry in entries {
        match exact.get(entry.0.as_ref()) {
            Some(index) => keyed.take(*index, entry, false)?,
            None => rest.push(entry),
        }
    }
    if rest.is_empty() || !other_spellings {
        keyed.unknown = rest;
        return Ok(keyed);
    }
    let mut spelled: HashMap<String, Option<usize>> = HashMap::new();
    for (index, name) in wanted.iter().enumerate() {
        // Two wanted keys that differ in nothing but spelling are never told apart by it.
        spelled.entry(fold::squashed(name)).and_modify(|known| *known = None).or_insert(Some(index));
    }
    for entry in rest {
        match spelled.get(&fold::squashed(&entry.0)) {
            Some(Some(index)) => keyed.take(*index, entry, true)?,
            _ => keyed.unknown.push(entry),
        }
    }
    Ok(keyed)
}

impl<'n, 'a> Keyed<'n, 'a> {
    fn take(&mut self, index: usize, entry: &'n Entry<'a>, respelled: bool) -> Result<(), Problem> {
        let Some(place) = self.found.get_mut(index) else { return Ok(()) };
        match place {
            Some(known) if **known == entry.1 => self.repairs.push(Repair::RepeatedKey(entry.0.to_string())),
            Some(_) => {
                let found = entry.1.snippet();
                return Err(
                    Problem::new("", &found, "the key stands twice with different values").within(&entry.0)
                );
            }
            None => {
                *place = Some(&entry.1);
                if respelled {
                    self.repairs.push(Repair::KeySpelling(entry.0.to_string()));
                }
            }
        }
        Ok(())
    }
}

impl Coercer<'_> {
    pub(super) fn object(
        &mut self,
        id: ShapeId,
        shape: &ObjectShape,
        entries: &[Entry<'_>],
        node: &Node<'_>,
    ) -> Result<Value, Problem> {
        let wanted: Vec<&str> = shape.properties.iter().map(|property| property.name.as_str()).collect();
        let is_map = matches!(shape.others, Others::Entries { .. });
        let keyed = keyed(entries, &wanted, !is_map)?;
        if !is_map && keyed.found.iter().all(Option::is_none) && !entries.is_empty() {
            return Err(self.unfit(id, node, "it has none of the keys of the type"));
        }
        self.repairs.extend(keyed.repairs);
        let mut map = Map::new();
        for (property, found) in shape.properties.iter().zip(keyed.found) {
            let name = &property.name;
            if let Some(node) = found {
                let value = self.node(property.shape, node).map_err(|problem| problem.within(name))?;
                map.insert(name.clone(), value);
            } else if property.required {
                return Err(self.unfit(id, node, &format!("the key {name:?} is missing")));
            } else if !property.default && self.shapes.takes_null(property.shape) {
                map.insert(name.clone(), Value::Null);
            }
        }
        for entry in keyed.unknown {
            self.other(id, shape.others, entry, &mut map)?;
        }
        Ok(Value::Object(map))
    }

    /// A list for the one key of an object that holds it and nothing else.
    pub(super) fn bare_list(
        &mut self,
        id: ShapeId,
        shape: &ObjectShape,
        node: &Node<'_>,
    ) -> Result<Value, Problem> {
        let Some(only) = shape.only_list(self.shapes) else {
            return Err(self.unfit(id, node, "it is not an object"));
        };
        let value = self.node(only.shape, node).map_err(|problem| problem.within(&only.name))?;
        self.mend(Repair::KeyLeftOut);
        Ok(Value::Object(Map::from_iter([(only.name.clone(), value)])))
    }

    /// An object whose values are the texts of its keys, in the order of its type.
    pub(in crate::parse) fn keys(
        &mut self,
        id: ShapeId,
        shape: &ObjectShape,
        texts: &[Result<Option<&str>, Problem>],
    ) -> Result<Value, Problem> {
        let mut map = Map::new();
        for (property, text) in shape.properties.iter().zip(texts) {
            let name = &property.name;
            let text = text.clone().map_err(|problem| problem.within(name))?;
            if let Some(text) = text {
                let value = self.text(property.shape, text).map_err(|problem| problem.within(name))?;
                map.insert(name.clone(), value);
            } else if property.required {
                return Err(self.problem(id, "", &format!("the key {name:?} is missing")));
            } else if !property.default && self.shapes.takes_null(property.shape) {
                map.insert(name.clone(), Value::Null);
            }
        }
        Ok(Value::Object(map))
    }

    fn other(
        &mut self,
        id: ShapeId,
        others: Others,
        (key, node): &Entry<'_>,
        map: &mut Map<String, Value>,
    ) -> Result<(), Problem> {
        let Others::Entries { keys, value } = others else {
            if others == Others::Refused {
                return Err(self.problem(id, key, "the type has no such key"));
            }
            self.mend(Repair::UnknownKey(key.to_string()));
            return Ok(());
        };
        let digits = match keys {
            Keys::Any => Some("0"),
            Keys::Integers => Some(key.strip_prefix('-').unwrap_or(key)),
            Keys::NonNegativeIntegers => Some(key.as_ref()),
        };
        if !digits
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(self.problem(id, key, "a key is no integer"));
        }
        let value = self.node(value, node).map_err(|problem| problem.within(key))?;
        self.insert(map, key, value)
    }

    pub(super) fn any_object(&mut self, entries: &[Entry<'_>]) -> Result<Value, Problem> {
        let mut map = Map::new();
        for (key, node) in entries {
            let value = self.any(node).map_err(|problem| problem.within(key))?;
            self.insert(&mut map, key, value)?;
        }
        Ok(Value::Object(map))
    }

    fn insert(&mut self, map: &mut Map<String, Value>, key: &str, value: Value) -> Result<(), Problem> {
        match map.get(key) {
            Some(known) if *known == value => self.mend(Repair::RepeatedKey(key.to_owned())),
            Some(_) => {
                let found = value.to_string();
                return Err(
                    Problem::new("", &found, "the key stands twice with different values").within(key)
                );
            }
            None => {
                map.insert(key.to_owned(), value);
            }
        }
        Ok(())
    }
}
