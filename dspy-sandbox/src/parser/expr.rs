//! Expressions, by how tightly their signs bind.

use super::{MOST_CHAINED, Parser};
use crate::ast::{Binary, Compare, Expr, Unary};
use crate::lexer::Kind;
use crate::stop::Run;

impl Parser {
    /// Expressions with commas between them, a tuple if there is one.
    pub(super) fn expressions(&mut self) -> Run<Expr> {
        let first = self.starred()?;
        if !self.is_sign(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.take_sign(",") {
            if !self.begins_expression() {
                break;
            }
            items.push(self.starred()?);
        }
        Ok(Expr::Tuple(items))
    }

    fn begins_expression(&self) -> bool {
        match self.kind() {
            Kind::Name(name) => {
                !super::KEYWORDS.contains(&&**name)
                    || matches!(&**name, "None" | "True" | "False" | "not" | "lambda")
            }
            Kind::Sign(sign) => matches!(*sign, "(" | "[" | "{" | "-" | "+" | "~" | "*" | "..."),
            Kind::Newline | Kind::Indent | Kind::Dedent | Kind::End => false,
            _ => true,
        }
    }

    /// An expression, or one with a star before it.
    pub(super) fn starred(&mut self) -> Run<Expr> {
        if self.take_sign("*") { Ok(Expr::Star(Box::new(self.binary(BITS)?))) } else { self.expression() }
    }

    /// Any one expression.
    pub(super) fn expression(&mut self) -> Run<Expr> {
        self.deeper(|parser| {
            if parser.is_word("lambda") {
                return parser.lambda();
            }
            if parser.is_word("yield") {
                return parser.error("generators with `yield` are not there; give a list back");
            }
            if parser.is_word("await") {
                return parser.error("`await` is not there; calls wait by themselves");
            }
            let value = parser.or()?;
            if let (Expr::Name(name), true) = (&value, parser.is_sign(":=")) {
                let name = name.clone();
                parser.at += 1;
                parser.bind(&name);
                return Ok(Expr::Walrus(name, Box::new(parser.expression()?)));
            }
            if !parser.take_word("if") {
                return Ok(value);
            }
            let condition = parser.or()?;
            if !parser.take_word("else") {
                return parser.error("expected `else`");
            }
            let otherwise = parser.expression()?;
            Ok(Expr::If(Box::new((value, condition, otherwise))))
        })
    }

    pub(super) fn or(&mut self) -> Run<Expr> {
        self.chain("or", Self::and, Expr::Or)
    }

    fn and(&mut self) -> Run<Expr> {
        self.chain("and", Self::not, Expr::And)
    }

    fn chain(
        &mut self,
        word: &str,
        part: impl Fn(&mut Self) -> Run<Expr>,
        whole: fn(Vec<Expr>) -> Expr,
    ) -> Run<Expr> {
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.take_word(word) {
            parts.push(part(self)?);
        }
        Ok(whole(parts))
    }

    fn not(&mut self) -> Run<Expr> {
        if !self.take_word("not") {
            return self.comparison();
        }
        self.deeper(|parser| Ok(Expr::Unary(Unary::Not, Box::new(parser.not()?))))
    }

    fn comparison(&mut self) -> Run<Expr> {
        let first = self.binary(BITS)?;
        let mut rest = Vec::new();
        while let Some(compare) = self.take_comparison() {
            rest.push((compare, self.binary(BITS)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Compare(Box::new(first), rest) })
    }

    fn take_comparison(&mut self) -> Option<Compare> {
        let found = match self.kind() {
            Kind::Sign("==") => Compare::Equal,
            Kind::Sign("!=") => Compare::NotEqual,
            Kind::Sign("<") => Compare::Less,
            Kind::Sign("<=") => Compare::LessEqual,
            Kind::Sign(">") => Compare::Greater,
            Kind::Sign(">=") => Compare::GreaterEqual,
            Kind::Name(name) if &**name == "in" => Compare::In,
            Kind::Name(name) if &**name == "is" => {
                self.at += 1;
                return Some(if self.take_word("not") { Compare::IsNot } else { Compare::Is });
            }
            Kind::Name(name) if &**name == "not" => {
                let next = self.tokens.get(self.at + 1).map(|token| &token.kind);
                if !matches!(next, Some(Kind::Name(name)) if &**name == "in") {
                    return None;
                }
                self.at += 2;
                return Some(Compare::NotIn);
            }
            _ => return None,
        };
        self.at += 1;
        Some(found)
    }

    /// Operations from one level on: `|`, `^`, `&`, shifts, sums, products.
    pub(super) fn binary(&mut self, level: usize) -> Run<Expr> {
        let Some(signs) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        for chained in 0.. {
            let Some((_, operation)) = signs.iter().find(|(sign, _)| self.is_sign(sign)) else { break };
            if chained >= MOST_CHAINED {
                return self.error(format!("more than {MOST_CHAINED} terms are in one expression"));
            }
            self.at += 1;
            left = Expr::Binary(*operation, Box::new(left), Box::new(self.binary(level + 1)?));
        }
        Ok(left)
    }

    pub(super) fn unary(&mut self) -> Run<Expr> {
        let operation = match self.kind() {
            Kind::Sign("-") => Unary::Minus,
            Kind::Sign("+") => Unary::Plus,
            Kind::Sign("~") => Unary::Invert,
            _ => return self.power(),
        };
        self.at += 1;
        self.deeper(|parser| Ok(Expr::Unary(operation, Box::new(parser.unary()?))))
    }

    fn power(&mut self) -> Run<Expr> {
        let base = self.postfix()?;
        if !self.take_sign("**") {
            return Ok(base);
        }
        self.deeper(|parser| Ok(Expr::Binary(Binary::Pow, Box::new(base), Box::new(parser.unary()?))))
    }
}

/// The level of `|`, below which are comparisons.
pub const BITS: usize = 0;

const LEVELS: &[&[(&str, Binary)]] = &[
    &[("|", Binary::Or)],
    &[("^", Binary::Xor)],
    &[("&", Binary::And)],
    &[("<<", Binary::Left), (">>", Binary::Right)],
    &[("+", Binary::Add), ("-", Binary::Sub)],
    &[("*", Binary::Mul), ("//", Binary::FloorDiv), ("/", Binary::Div), ("%", Binary::Mod)],
];
