//! The atoms of expressions: literals, displays, calls and places.

use std::rc::Rc;

use super::expr::BITS;
use super::{KEYWORDS, MOST_CHAINED, Parser};
use crate::ast::{Arg, Clause, Comprehension, ComprehensionKind, Expr};
use crate::lexer::Kind;
use crate::stop::Run;
use crate::value::Value;

impl Parser {
    /// Something with calls, attributes and places after it.
    pub(super) fn postfix(&mut self) -> Run<Expr> {
        let mut value = self.atom()?;
        for chained in 0.. {
            if chained >= MOST_CHAINED {
                return self.error("too many calls are chained");
            }
            value = if self.take_sign("(") {
                let args = self.deeper(Self::arguments)?;
                Expr::Call(Box::new(value), args)
            } else if self.take_sign("[") {
                let index = self.deeper(Self::subscript)?;
                Expr::Index(Box::new(value), Box::new(index))
            } else if self.take_sign(".") {
                Expr::Attribute(Box::new(value), self.name()?)
            } else {
                break;
            };
        }
        Ok(value)
    }

    fn arguments(&mut self) -> Run<Vec<Arg>> {
        let mut args = Vec::new();
        while !self.take_sign(")") {
            args.push(self.argument(args.is_empty())?);
            if !self.take_sign(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(args)
    }

    fn argument(&mut self, first: bool) -> Run<Arg> {
        if self.take_sign("**") {
            return Ok(Arg::StarStar(self.expression()?));
        }
        if self.take_sign("*") {
            return Ok(Arg::Star(self.expression()?));
        }
        let next_is = |sign| matches!(self.tokens.get(self.at + 1).map(|token| &token.kind), Some(Kind::Sign(found)) if *found == sign);
        if matches!(self.kind(), Kind::Name(_)) && next_is("=") {
            let name = self.name()?;
            self.at += 1;
            return Ok(Arg::Named(name, self.expression()?));
        }
        let value = self.expression()?;
        if !self.is_word("for") {
            return Ok(Arg::Plain(value));
        }
        let generator = self.comprehension(ComprehensionKind::Generator, value, None)?;
        if !first || !self.is_sign(")") {
            return self.error("a generator that is not the only argument needs parentheses");
        }
        Ok(Arg::Plain(generator))
    }

    fn subscript(&mut self) -> Run<Expr> {
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            items.push(self.slice()?);
            if !self.take_sign(",") {
                break;
            }
            is_tuple = true;
            if self.is_sign("]") {
                break;
            }
        }
        self.expect("]")?;
        match items.pop() {
            Some(only) if !is_tuple => Ok(only),
            last => Ok(Expr::Tuple(items.into_iter().chain(last).collect())),
        }
    }

    fn slice(&mut self) -> Run<Expr> {
        let mut parts = [None, None, None];
        let mut is_slice = false;
        for part in &mut parts {
            if !self.is_sign(":") && !self.is_sign("]") && !self.is_sign(",") {
                *part = Some(self.expression()?);
            }
            if !self.take_sign(":") {
                break;
            }
            is_slice = true;
        }
        match parts {
            [Some(index), None, None] if !is_slice => Ok(index),
            parts if is_slice => Ok(Expr::Slice(Box::new(parts))),
            _ => self.error("expected a place"),
        }
    }

    fn atom(&mut self) -> Run<Expr> {
        let kind = self.kind().clone();
        self.at += 1;
        Ok(match kind {
            Kind::Int(number) => Expr::Const(Value::int(number)?),
            Kind::Float(number) => Expr::Const(Value::Float(number)),
            Kind::Text(_) | Kind::Format(..) => {
                self.at -= 1;
                self.texts()?
            }
            Kind::Sign("(") => self.deeper(Self::parenthesis)?,
            Kind::Sign("[") => self.deeper(|parser| parser.list("]"))?,
            Kind::Sign("{") => self.deeper(Self::braces)?,
            Kind::Sign("...") => Expr::Const(Value::None),
            Kind::Name(name) => match &*name {
                "None" => Expr::Const(Value::None),
                "True" => Expr::Const(Value::Bool(true)),
                "False" => Expr::Const(Value::Bool(false)),
                word if KEYWORDS.contains(&word) => {
                    self.at -= 1;
                    return self.error(format!("`{word}` cannot stand here"));
                }
                _ => Expr::Name(name),
            },
            _ => {
                self.at -= 1;
                return self.error(format!("expected a value, found {}", self.found()));
            }
        })
    }

    fn parenthesis(&mut self) -> Run<Expr> {
        if self.take_sign(")") {
            return Ok(Expr::Tuple(Vec::new()));
        }
        let first = self.starred()?;
        let whole = if self.is_word("for") {
            self.comprehension(ComprehensionKind::Generator, first, None)?
        } else if self.take_sign(",") {
            let mut items = vec![first];
            while !self.is_sign(")") {
                items.push(self.starred()?);
                if !self.take_sign(",") {
                    break;
                }
            }
            Expr::Tuple(items)
        } else if matches!(first, Expr::Star(_)) {
            return self.error("a star needs a list or a tuple around it");
        } else {
            first
        };
        self.expect(")")?;
        Ok(whole)
    }

    fn list(&mut self, closing: &str) -> Run<Expr> {
        let mut items = Vec::new();
        while !self.take_sign(closing) {
            let item = self.starred()?;
            if items.is_empty() && self.is_word("for") {
                let list = self.comprehension(ComprehensionKind::List, item, None)?;
                self.expect(closing)?;
                return Ok(list);
            }
            items.push(item);
            if !self.take_sign(",") {
                self.expect(closing)?;
                break;
            }
        }
        Ok(Expr::List(items))
    }

    fn braces(&mut self) -> Run<Expr> {
        if self.take_sign("}") {
            return Ok(Expr::Dict(Vec::new()));
        }
        if self.is_sign("**") {
            return self.dictionary(Vec::new());
        }
        let first = self.starred()?;
        if self.take_sign(":") {
            let value = self.expression()?;
            if self.is_word("for") {
                let dict = self.comprehension(ComprehensionKind::Dict, first, Some(value))?;
                self.expect("}")?;
                return Ok(dict);
            }
            let entries = vec![(Some(first), value)];
            if self.take_sign("}") {
                return Ok(Expr::Dict(entries));
            }
            self.expect(",")?;
            return self.dictionary(entries);
        }
        if self.is_word("for") {
            let set = self.comprehension(ComprehensionKind::Set, first, None)?;
            self.expect("}")?;
            return Ok(set);
        }
        let mut items = vec![first];
        while self.take_sign(",") && !self.is_sign("}") {
            items.push(self.starred()?);
        }
        self.expect("}")?;
        Ok(Expr::Set(items))
    }

    fn dictionary(&mut self, mut entries: Vec<(Option<Expr>, Expr)>) -> Run<Expr> {
        while !self.take_sign("}") {
            if self.take_sign("**") {
                entries.push((None, self.binary(BITS)?));
            } else {
                let key = self.expression()?;
                self.expect(":")?;
                entries.push((Some(key), self.expression()?));
            }
            if !self.take_sign(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(Expr::Dict(entries))
    }

    fn comprehension(&mut self, kind: ComprehensionKind, item: Expr, value: Option<Expr>) -> Run<Expr> {
        let mut clauses = Vec::new();
        while self.take_word("for") {
            if clauses.len() >= 20 {
                return self.error("too many `for` are in one expression");
            }
            // Names of a comprehension are its own.
            self.functions.push(super::Names::default());
            let target = self.targets();
            self.functions.pop();
            let target = target?;
            if !self.take_word("in") {
                return self.error(format!("expected `in`, found {}", self.found()));
            }
            let source = self.or()?;
            let mut conditions = Vec::new();
            while self.take_word("if") {
                conditions.push(self.or()?);
            }
            clauses.push(Clause { target, source, conditions });
        }
        if self.is_word("async") {
            return self.error("`async` is not there");
        }
        Ok(Expr::Comprehension(Rc::new(Comprehension { kind, item, value, clauses })))
    }

    /// Parses the targets of a loop.
    pub(super) fn targets(&mut self) -> Run<Expr> {
        let mut items = Vec::new();
        let mut is_tuple = false;
        loop {
            let target =
                if self.take_sign("*") { Expr::Star(Box::new(self.postfix()?)) } else { self.postfix()? };
            self.bind_target(&target)?;
            items.push(target);
            if !self.take_sign(",") {
                break;
            }
            is_tuple = true;
            if self.is_word("in") {
                break;
            }
        }
        match items.pop() {
            Some(only) if !is_tuple => Ok(only),
            last => Ok(Expr::Tuple(items.into_iter().chain(last).collect())),
        }
    }
}
