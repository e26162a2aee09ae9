//! Single values from text: yes or no, numbers, labels, null.

use serde_json::Value;

use super::dress::{trimmed, undressed};
use super::fold::lower;
use super::label::label;
use super::number::{self, Spelled};
use super::tokens::{self, Token, is_given, parts};
use super::words;
use crate::parse::coerce::Coercer;
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Shape, ShapeId};

impl Coercer<'_> {
    /// Reads a single value from a text.
    pub(in crate::parse) fn scalar_text(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        match self.shapes.get(id) {
            Shape::Labels(names) => {
                let (name, mended) = label(names, text).map_err(|reason| self.problem(id, text, reason))?;
                if mended {
                    self.mend(Repair::LabelSpelling);
                }
                Ok(Value::from(name))
            }
            Shape::Null | Shape::Fixed(Value::Null) => {
                if trimmed(text) != "null" {
                    if !is_null(text) {
                        return Err(self.problem(id, text, "it is not null"));
                    }
                    self.mend(Repair::NullSpelling);
                }
                Ok(Value::Null)
            }
            Shape::Bool => self.boolean(id, text),
            Shape::Integer(_) | Shape::Number(_) => self.number(id, text),
            Shape::Fixed(Value::Bool(wanted)) => {
                let value = self.boolean(id, text)?;
                if value == Value::Bool(*wanted) {
                    Ok(value)
                } else {
                    Err(self.problem(id, text, "it is another value"))
                }
            }
            Shape::Fixed(Value::Number(wanted)) => {
                if !number::same(wanted, undressed(text)) {
                    return Err(self.problem(id, text, "it is another value"));
                }
                if trimmed(text) != undressed(text) {
                    self.mend(Repair::Surroundings);
                }
                Ok(Value::Number(wanted.clone()))
            }
            _ => Err(self.problem(id, text, "it is not of the type")),
        }
    }

    fn boolean(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        let text = trimmed(text);
        match text {
            "true" => return Ok(Value::Bool(true)),
            "false" => return Ok(Value::Bool(false)),
            "" => return Err(self.problem(id, text, "it is empty")),
            _ => {}
        }
        let alone = word(undressed(text));
        let value = alone.or_else(|| spoken(text));
        let Some(value) = value else {
            let reason = "it is neither true nor false; tried yes, no, 1, 0 and a sentence that gives one";
            return Err(self.problem(id, text, reason));
        };
        self.mend(if alone.is_some() { Repair::BoolSpelling } else { Repair::Surroundings });
        Ok(Value::Bool(value))
    }

    fn number(&mut self, id: ShapeId, text: &str) -> Result<Value, Problem> {
        let integer = matches!(self.shapes.get(id), Shape::Integer(_));
        let whole = trimmed(text);
        if whole.is_empty() {
            return Err(self.problem(id, text, "it is empty"));
        }
        if whole.strip_prefix(['-', '–', '—', '−']).is_some_and(|rest| rest.starts_with([' ', '\u{a0}']))
        {
            return Err(self.problem(id, text, "its dash may be a sign or a bullet"));
        }
        let bare = undressed(whole);
        match number::spelled(bare, integer) {
            Ok(spelled) => {
                if bare != whole {
                    self.mend(Repair::Surroundings);
                }
                return self.spelled(id, bare, spelled);
            }
            Err(reason) if !bare.contains(char::is_whitespace) && !bare.contains([':', '=']) => {
                if let Some(ratio) = number::ratio(bare).filter(|_| !integer) {
                    let decimal = number::plain(&ratio.to_string());
                    self.mend(Repair::NumberSpelling);
                    let decimal = decimal.ok_or_else(|| self.problem(id, text, reason))?;
                    return self.numeric(id, bare, &decimal);
                }
                return Err(self.problem(id, text, reason));
            }
            Err(_) => {}
        }
        let found = in_sentence(whole).map_err(|reason| self.problem(id, text, reason))?;
        let spelled = number::spelled(found, integer).map_err(|reason| self.problem(id, text, reason))?;
        self.mend(Repair::Surroundings);
        self.spelled(id, found, spelled)
    }

    fn spelled(&mut self, id: ShapeId, text: &str, spelled: Spelled) -> Result<Value, Problem> {
        let Spelled { decimal, mended, percent } = spelled;
        if mended {
            self.mend(Repair::NumberSpelling);
        }
        if !percent {
            return self.numeric(id, text, &decimal);
        }
        // 75 % is 0.75 where numbers end at 1, and 75 where they end beyond or are whole.
        match *self.shapes.get(id) {
            Shape::Number(range) if range.most <= 1.0 => {
                let hundredth = decimal.hundredth();
                self.numeric(id, text, &hundredth)
            }
            Shape::Number(range) if range.most == f64::MAX => {
                Err(self.problem(id, text, "a percentage may be meant as a fraction of 1 or of 100"))
            }
            _ => self.numeric(id, text, &decimal),
        }
    }
}

/// Returns whether a text is a word for null, or nothing.
pub(super) fn is_null(text: &str) -> bool {
    matches!(lower(undressed(text)).as_str(), "" | "null" | "none" | "nil" | "n/a" | "not applicable")
}

/// Returns whether a text is a word for yes or no, and no more.
pub(super) fn is_bool(text: &str) -> bool {
    word(undressed(text)).is_some()
}

fn word(text: &str) -> Option<bool> {
    match lower(text).as_str() {
        "true" | "yes" | "1" | "y" | "t" | "on" => Some(true),
        "false" | "no" | "0" | "n" | "f" | "off" => Some(false),
        _ => None,
    }
}

fn spoken_word(word: &str) -> Option<bool> {
    match word {
        "true" | "yes" => Some(true),
        "false" | "no" => Some(false),
        _ => None,
    }
}

/// The answer that a sentence begins with, as "Yes, it is", or ends with, as "The answer is no".
fn spoken(text: &str) -> Option<bool> {
    let tokens = tokens::tokens(text);
    let (first, last) = (tokens.first()?, tokens.last()?);
    let said: Vec<_> = tokens.iter().filter_map(|token| spoken_word(&token.lower)).collect();
    let changed = |tokens: &[Token<'_>]| {
        tokens.iter().any(|token| parts(token).chain([token.lower.as_str()]).any(words::opens))
    };
    let negated = |tokens: &[Token<'_>]| {
        tokens.iter().any(|token| parts(token).chain([token.lower.as_str()]).any(words::negates))
    };
    let [value] = said.as_slice() else { return None };
    if text.contains(['?', '{', '[']) {
        return None;
    }
    if let Some(value) = spoken_word(&first.lower) {
        let rest = tokens.get(1..)?;
        let stop = text.get(first.end..)?.trim_start_matches(['*', '"', '`', '_', ' ']).chars().next()?;
        let stops = matches!(stop, '.' | ',' | ';' | ':' | '!' | '\n' | '-' | '—' | '–' | '(');
        let retracted = rest.first().is_some_and(|token| words::retracts(&token.lower));
        let turned = changed(rest) || (value && negated(rest));
        return (stops && !retracted && !turned).then_some(value);
    }
    spoken_word(&last.lower)?;
    let before = tokens.get(..tokens.len() - 1)?;
    let given = before.last().is_some_and(|token| words::gives(&token.lower))
        || text.get(before.last()?.end..last.start)?.contains([':', '=', '：']);
    (given && !changed(before) && !negated(before)).then_some(*value)
}

/// The one number that a sentence gives.
fn in_sentence(text: &str) -> Result<&str, &'static str> {
    if text.contains(['{', '[']) && !text.contains("\\boxed{") {
        return Err("it is no number");
    }
    let tokens = tokens::tokens(text);
    let is_number = |token: &Token<'_>| token.text.chars().any(char::is_numeric);
    let mut numbers = tokens.iter().enumerate().filter(|(_, token)| is_number(token));
    let Some((at, number)) = numbers.next() else {
        return Err("it has no number in digits; tried a number and a number in a sentence");
    };
    if numbers.next().is_some() {
        return Err("it has two numbers");
    }
    for token in &tokens {
        if parts(token).chain([token.lower.as_str()]).any(words::negates) {
            return Err("the number is negated in it");
        }
        if parts(token).any(|word| words::opens(word) || words::counts(word)) {
            return Err("words around the number make it another number or leave it open");
        }
    }
    let after = text.get(number.end..).unwrap_or_default();
    let before = text.get(..number.start).unwrap_or_default();
    let joined = before.ends_with(['.', '<', '>', '≈', '±', '(', '*', '^']) && !before.ends_with("**");
    if text.contains(['?', '<', '>', '≈', '±', '≤', '≥'])
        || joined
        || after.trim_start().starts_with(['%', '％'])
        || after.starts_with([':', '*', '^']) && !after.starts_with("**")
    {
        return Err("signs around the number make it another number or leave it open");
    }
    if !is_given(text, &tokens, at, at + 1) {
        return Err("it names a number in passing and does not give it");
    }
    Ok(number.text)
}
