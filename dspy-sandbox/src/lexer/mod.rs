//! Source text to tokens.

mod literal;

pub use literal::unescape;

use std::rc::Rc;

use num_bigint::BigInt;

use super::ast::Name;
use super::stop::{Run, Stop, raise};

/// A token and its line, from 1.
#[derive(Clone)]
pub struct Token {
    pub line: u32,
    pub kind: Kind,
}

#[derive(Clone, PartialEq)]
pub enum Kind {
    Name(Name),
    Int(BigInt),
    Float(f64),
    Text(Rc<str>),
    /// The text between the quotes of an f-string, and whether backslashes stand for themselves in it.
    Format(Rc<str>, bool),
    Sign(&'static str),
    Newline,
    Indent,
    Dedent,
    End,
}

/// Longer signs before those that they begin with.
const SIGNS: &[&str] = &[
    "**=", "//=", ">>=", "<<=", "...", "->", ":=", "==", "!=", "<=", ">=", "**", "//", "<<", ">>", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=", "+", "-", "*", "/", "%", "&", "|", "^", "~", "<", ">", "=",
    "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "@",
];

/// A mistake in the writing, with its line.
pub fn syntax(line: u32, message: impl AsRef<str>) -> Stop {
    let stop = raise("SyntaxError", message);
    if let Stop::Raise(exception) = &stop {
        exception.line.set(Some(line));
    }
    stop
}

/// Reads source text.
pub struct Lexer {
    source: Vec<char>,
    at: usize,
    line: u32,
    /// The number of open brackets; lines do not end in them.
    open: usize,
    indents: Vec<usize>,
    tokens: Vec<Token>,
}

impl Lexer {
    /// Reads all tokens of a program.
    pub fn program(source: &str) -> Run<Vec<Token>> {
        let mut lexer = Self::new(source, 1, 0);
        lexer.indentation()?;
        lexer.rest()?;
        if !matches!(lexer.tokens.last().map(|token| &token.kind), None | Some(Kind::Newline)) {
            lexer.push(Kind::Newline);
        }
        while lexer.indents.pop().is_some() {
            lexer.push(Kind::Dedent);
        }
        lexer.push(Kind::End);
        Ok(lexer.tokens)
    }

    /// Reads all tokens of an expression that is in a text at this line.
    pub fn expression(source: &str, line: u32) -> Run<Vec<Token>> {
        let mut lexer = Self::new(source, line, 1);
        lexer.rest()?;
        lexer.push(Kind::End);
        Ok(lexer.tokens)
    }

    fn new(source: &str, line: u32, open: usize) -> Self {
        let source = source.replace("\r\n", "\n").chars().collect();
        Self { source, at: 0, line, open, indents: Vec::new(), tokens: Vec::new() }
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at + ahead).copied()
    }

    fn push(&mut self, kind: Kind) {
        self.tokens.push(Token { line: self.line, kind });
    }

    fn error<T>(&self, message: impl AsRef<str>) -> Run<T> {
        Err(syntax(self.line, message))
    }

    fn rest(&mut self) -> Run<()> {
        while let Some(c) = self.peek(0) {
            match c {
                '\n' => self.newline()?,
                ' ' | '\t' | '\x0c' | '\r' => self.at += 1,
                '#' => self.skip_comment(),
                '\\' if self.peek(1) == Some('\n') => {
                    self.at += 2;
                    self.line += 1;
                }
                c if c.is_ascii_digit() || (c == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit())) => {
                    self.number()?;
                }
                '"' | '\'' => self.text("")?,
                c if c.is_alphabetic() || c == '_' => self.word()?,
                _ => self.sign()?,
            }
        }
        Ok(())
    }

    fn skip_comment(&mut self) {
        while self.peek(0).is_some_and(|c| c != '\n') {
            self.at += 1;
        }
    }

    fn newline(&mut self) -> Run<()> {
        self.at += 1;
        if self.open == 0 {
            if !matches!(self.tokens.last().map(|token| &token.kind), None | Some(Kind::Newline)) {
                self.push(Kind::Newline);
            }
            self.line += 1;
            return self.indentation();
        }
        self.line += 1;
        Ok(())
    }

    /// Reads the beginning of a line, of the first that is not empty.
    fn indentation(&mut self) -> Run<()> {
        loop {
            let mut width = 0;
            while let Some(c @ (' ' | '\t' | '\x0c')) = self.peek(0) {
                width = if c == '\t' { width / 8 * 8 + 8 } else { width + 1 };
                self.at += 1;
            }
            match self.peek(0) {
                Some('#') => self.skip_comment(),
                Some('\n') => {
                    self.at += 1;
                    self.line += 1;
                }
                None => return Ok(()),
                _ => return self.indent_to(width),
            }
        }
    }

    fn indent_to(&mut self, width: usize) -> Run<()> {
        if width > self.indents.last().copied().unwrap_or_default() {
            if self.indents.len() >= 60 {
                return self.error("too many blocks in each other");
            }
            self.indents.push(width);
            self.push(Kind::Indent);
            return Ok(());
        }
        while self.indents.last().is_some_and(|last| *last > width) {
            self.indents.pop();
            self.push(Kind::Dedent);
        }
        if width != self.indents.last().copied().unwrap_or_default() {
            return self.error("the indentation fits no outer block");
        }
        Ok(())
    }

    fn word(&mut self) -> Run<()> {
        let from = self.at;
        while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.at += 1;
        }
        let word: String = self.source.get(from..self.at).unwrap_or_default().iter().collect();
        if matches!(self.peek(0), Some('"' | '\'')) && word.len() <= 2 {
            let prefix = word.to_ascii_lowercase();
            if prefix.chars().all(|c| "rfbu".contains(c)) {
                return self.text(&prefix);
            }
        }
        self.push(Kind::Name(word.into()));
        Ok(())
    }

    fn sign(&mut self) -> Run<()> {
        let rest: String = self.source.iter().skip(self.at).take(3).collect();
        let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) else {
            return self.error(format!("`{}` means nothing here", rest.chars().next().unwrap_or(' ')));
        };
        match *sign {
            "(" | "[" | "{" => self.open += 1,
            ")" | "]" | "}" => self.open = self.open.saturating_sub(1),
            _ => {}
        }
        self.at += sign.len();
        self.push(Kind::Sign(sign));
        Ok(())
    }
}
