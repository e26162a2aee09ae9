//! Texts, and expressions in them.

use super::Parser;
use crate::ast::{Expr, Piece};
use crate::lexer::{Kind, Lexer, unescape};
use crate::stop::Run;
use crate::value::Value;

impl Parser {
    /// Texts that follow each other are one.
    pub(super) fn texts(&mut self) -> Run<Expr> {
        let (mut plain, mut pieces, mut formatted) = (String::new(), Vec::new(), false);
        loop {
            match self.kind().clone() {
                Kind::Text(text) => plain.push_str(&text),
                Kind::Format(inside, raw) => {
                    formatted = true;
                    let chars: Vec<char> = inside.chars().collect();
                    let read = self.deeper(|parser| parser.pieces(&chars, &mut 0, raw, false))?;
                    for piece in read {
                        match piece {
                            Piece::Text(text) => plain.push_str(&text),
                            value => {
                                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                                pieces.push(value);
                            }
                        }
                    }
                }
                _ => break,
            }
            self.at += 1;
        }
        if !formatted {
            return Ok(Expr::Const(Value::text(plain)?));
        }
        pieces.push(Piece::Text(plain));
        Ok(Expr::Format(pieces))
    }

    /// The pieces of an f-string, or of the format of a value in one, which ends at a brace.
    fn pieces(&mut self, inside: &[char], at: &mut usize, raw: bool, is_spec: bool) -> Run<Vec<Piece>> {
        let (mut pieces, mut text) = (Vec::new(), String::new());
        while let Some(c) = inside.get(*at).copied() {
            let doubled = !is_spec && inside.get(*at + 1) == Some(&c);
            match c {
                '{' | '}' if doubled => {
                    text.push(c);
                    *at += 2;
                }
                '}' if is_spec => break,
                '}' => return self.error("a `}` in an f-string is written `}}`"),
                '{' => {
                    let before = std::mem::take(&mut text);
                    pieces.push(Piece::Text(self.plain(&before, raw)?));
                    *at += 1;
                    let piece = self.deeper(|parser| parser.value(inside, at, raw, &mut pieces))?;
                    pieces.push(piece);
                }
                _ => {
                    text.push(c);
                    *at += 1;
                }
            }
        }
        pieces.push(Piece::Text(self.plain(&text, raw)?));
        Ok(pieces)
    }

    fn plain(&self, text: &str, raw: bool) -> Run<String> {
        if raw {
            return Ok(text.to_owned());
        }
        unescape(text).or_else(|message| self.error(message))
    }

    /// One value in braces, after the opening one.
    fn value(&mut self, inside: &[char], at: &mut usize, raw: bool, before: &mut Vec<Piece>) -> Run<Piece> {
        let from = *at;
        let end = end_of_value(inside, from);
        let Some(end) = end else { return self.error("a `{` in an f-string has no `}`") };
        let mut source: String = inside.get(from..end).unwrap_or_default().iter().collect();
        *at = end;
        let mut shown = false;
        if let Some(name) =
            source.trim_end().strip_suffix('=').filter(|name| !name.ends_with(['=', '!', '<', '>']))
        {
            before.push(Piece::Text(source.clone()));
            source = name.to_owned();
            shown = true;
        }
        let value = self.inner(&source)?;
        let mut conversion = None;
        if inside.get(*at) == Some(&'!') {
            conversion = inside.get(*at + 1).copied();
            if !matches!(conversion, Some('r' | 's' | 'a')) {
                return self.error("after `!` in an f-string is `r`, `s` or `a`");
            }
            *at += 2;
        }
        let mut spec = Vec::new();
        if inside.get(*at) == Some(&':') {
            *at += 1;
            spec = self.pieces(inside, at, raw, true)?;
        }
        if inside.get(*at) != Some(&'}') {
            return self.error("expected `}` in an f-string");
        }
        *at += 1;
        let plain = spec.iter().all(|piece| matches!(piece, Piece::Text(text) if text.is_empty()));
        if shown && conversion.is_none() && plain {
            conversion = Some('r');
        }
        Ok(Piece::Value { value, conversion, spec })
    }

    /// Reads an expression in a text with a parser of its own, which is as deep as this one.
    fn inner(&mut self, source: &str) -> Run<Expr> {
        let line = self.line();
        if source.trim().is_empty() {
            return self.error("the braces of an f-string are empty");
        }
        let tokens = Lexer::expression(source, line)?;
        let outer = std::mem::replace(&mut self.tokens, tokens);
        let at = std::mem::take(&mut self.at);
        let read = self.expressions().and_then(|value| {
            if self.is_end() {
                Ok(value)
            } else {
                self.error(format!("{} is too much in an f-string", self.found()))
            }
        });
        (self.tokens, self.at) = (outer, at);
        read
    }
}

/// Returns the place where the expression in braces ends: at a `!`, a `:` or a `}` that is in no
/// bracket and no text.
fn end_of_value(inside: &[char], from: usize) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, from);
    while let Some(c) = inside.get(at).copied() {
        match c {
            '(' | '[' | '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => return Some(at),
            '!' if depth == 0 && inside.get(at + 1) != Some(&'=') => return Some(at),
            '\'' | '"' => {
                at += 1;
                while inside.get(at).is_some_and(|inner| *inner != c) {
                    at += if inside.get(at) == Some(&'\\') { 2 } else { 1 };
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}
