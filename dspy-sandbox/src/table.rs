//! Dictionaries and sets, in the order in which things were added.

use std::collections::HashMap;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::ToPrimitive;

use super::memory::Hold;
use super::stop::{Run, type_error};
use super::text::Text;
use super::value::Value;

/// A value as a key: equal values are equal keys, `1`, `1.0` and `True` too.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Key {
    None,
    Int(i64),
    Big(BigInt),
    /// The bits of a number that is not whole.
    Float(u64),
    Text(TextKey),
    Tuple(Vec<Key>),
    /// A value that is only equal to itself.
    Name(&'static str),
    Object(usize),
}

/// A text by what it says.
#[derive(Clone)]
pub struct TextKey(Rc<Text>);

impl PartialEq for TextKey {
    fn eq(&self, other: &Self) -> bool {
        **self.0 == **other.0
    }
}

impl Eq for TextKey {}

impl std::hash::Hash for TextKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (**self.0).hash(state);
    }
}

/// The deepest nesting of a tuple that is a key.
const DEPTH: usize = 50;

/// About how many bytes a part of a key takes.
pub const PART: usize = 48;

impl Key {
    /// Makes a key, after [`parts`] has said how large it is.
    pub fn of(value: &Value) -> Run<Self> {
        Self::within(value, 0)
    }

    /// Returns the number of bytes it takes beyond its place in a table.
    fn weight(&self) -> usize {
        match self {
            Self::Tuple(parts) => parts.iter().map(|part| PART + part.weight()).sum(),
            Self::Big(number) => number.bits() as usize / 8,
            _ => 0,
        }
    }

    fn within(value: &Value, depth: usize) -> Run<Self> {
        Ok(match value {
            Value::None => Self::None,
            Value::Bool(truth) => Self::Int((*truth).into()),
            Value::Int(number) => Self::Int(*number),
            Value::Big(big) => Self::Big(big.number.clone()),
            Value::Float(number) => float(*number),
            Value::Str(text) => Self::Text(TextKey(text.clone())),
            Value::Tuple(items) if depth < DEPTH => {
                let keys = items.look(|items| {
                    items.iter().map(|item| Self::within(item, depth + 1)).collect::<Run<Vec<_>>>()
                });
                Self::Tuple(keys?)
            }
            Value::Tuple(_) => return Err(type_error("a tuple is too deep to be a key")),
            Value::Native(name) | Value::Type(name) | Value::Module(name) => Self::Name(name),
            Value::Function(function) => Self::Object(Rc::as_ptr(function).addr()),
            Value::Range(range) => Self::Tuple(vec![
                Self::Name("range"),
                Self::Int(range.start),
                Self::Int(range.stop),
                Self::Int(range.step),
            ]),
            other => return Err(type_error(format!("unhashable type: '{}'", other.type_name()))),
        })
    }
}

/// Returns the number of parts that the key of a value has, at most so many: a tuple may have the same
/// one many times.
pub fn parts(value: &Value, most: usize, depth: usize) -> usize {
    let Value::Tuple(items) = value else { return 1 };
    if depth >= DEPTH {
        return 1;
    }
    items.look(|items| {
        let mut count = 1;
        for item in items {
            count += parts(item, most.saturating_sub(count), depth + 1);
            if count >= most {
                break;
            }
        }
        count
    })
}

fn float(number: f64) -> Key {
    if number.fract() != 0.0 || !number.is_finite() {
        return Key::Float(number.to_bits());
    }
    match number.to_i64() {
        Some(whole) => Key::Int(whole),
        None => num_traits::FromPrimitive::from_f64(number).map_or(Key::Float(number.to_bits()), Key::Big),
    }
}

/// The result of a dictionary for a key that it lacks.
#[derive(Clone, Default)]
pub enum Lacking {
    #[default]
    Error,
    /// Counts: it is none.
    Zero,
    /// Calls this and keeps what it gives.
    Make(Value),
}

/// Keys with values; a set has keys alone.
#[derive(Default)]
pub struct Table {
    places: HashMap<Key, usize>,
    entries: Vec<Option<(Value, Value)>>,
    /// The size of keys that are no single values.
    keys: usize,
    pub lacking: Lacking,
}

impl Hold for Table {
    const EACH: usize = 160;

    fn weight(&self) -> usize {
        160 + self.entries.len() * Self::EACH + self.keys
    }

    fn give(&mut self, to: &mut Vec<Value>) {
        self.places.clear();
        self.keys = 0;
        to.extend(self.entries.drain(..).flatten().flat_map(|(key, value)| [key, value]));
        if let Lacking::Make(value) = std::mem::take(&mut self.lacking) {
            to.push(value);
        }
    }
}

impl Table {
    pub fn lacking(lacking: Lacking) -> Self {
        Self { lacking, ..Self::default() }
    }

    pub fn type_name(&self) -> &'static str {
        match self.lacking {
            Lacking::Error => "dict",
            Lacking::Zero => "Counter",
            Lacking::Make(_) => "defaultdict",
        }
    }

    pub fn len(&self) -> usize {
        self.places.len()
    }

    pub fn get(&self, key: &Key) -> Option<Value> {
        let entry = self.entries.get(*self.places.get(key)?)?;
        entry.as_ref().map(|(_, value)| value.clone())
    }

    pub fn contains(&self, key: &Key) -> bool {
        self.places.contains_key(key)
    }

    /// Sets a value; the old value is returned.
    pub fn insert(&mut self, key: Key, name: Value, value: Value) -> Option<Value> {
        if let Some(Some(entry)) = self.places.get(&key).and_then(|place| self.entries.get_mut(*place)) {
            return Some(std::mem::replace(&mut entry.1, value));
        }
        self.keys += key.weight();
        self.places.insert(key, self.entries.len());
        self.entries.push(Some((name, value)));
        None
    }

    pub fn remove(&mut self, key: &Key) -> Option<(Value, Value)> {
        let place = self.places.remove(key)?;
        self.keys = self.keys.saturating_sub(key.weight());
        let entry = self.entries.get_mut(place)?.take();
        if self.entries.len() > 16 && self.entries.len() > self.places.len() * 2 {
            self.compact();
        }
        entry
    }

    /// Closes the gaps that removed entries have left.
    fn compact(&mut self) {
        let mut moved = vec![0; self.entries.len()];
        let mut next = 0;
        for (place, entry) in self.entries.iter().enumerate() {
            if let (Some(slot), true) = (moved.get_mut(place), entry.is_some()) {
                *slot = next;
                next += 1;
            }
        }
        self.entries.retain(Option::is_some);
        for place in self.places.values_mut() {
            *place = moved.get(*place).copied().unwrap_or_default();
        }
    }

    /// The first entry at or after a place, and the place after it.
    pub fn entry_from(&self, place: usize) -> Option<(usize, &(Value, Value))> {
        let rest = self.entries.get(place..)?;
        let (offset, entry) = rest.iter().enumerate().find_map(|(at, entry)| Some((at, entry.as_ref()?)))?;
        Some((place + offset + 1, entry))
    }

    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &(Value, Value)> {
        self.entries.iter().flatten()
    }

    pub fn last(&self) -> Option<Value> {
        self.entries().next_back().map(|(key, _)| key.clone())
    }
}
