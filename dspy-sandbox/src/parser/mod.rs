//! Tokens to trees.

mod atom;
mod expr;
mod function;
mod statement;
mod text;

use std::collections::HashSet;

use super::ast::{Block, Name};
use super::lexer::{Kind, Lexer, Token, syntax};
use super::stop::Run;

/// The longest source text, in bytes.
const MOST_SOURCE: usize = 256 * 1024;

/// The deepest nesting of expressions and blocks.
const MOST_DEPTH: usize = 80;

/// The number of parts in a chained expression, as the terms of a sum.
const MOST_CHAINED: usize = 500;

/// The words that cannot be a name.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Reads tokens.
pub struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// The functions that are being read, the innermost last.
    functions: Vec<Names>,
    loops: usize,
    run: u32,
}

/// The names in a function's body.
#[derive(Default)]
struct Names {
    locals: HashSet<Name>,
    globals: HashSet<Name>,
    nonlocals: HashSet<Name>,
}

/// Reads a program.
pub fn program(source: &str, run: u32) -> Run<Block> {
    if source.len() > MOST_SOURCE {
        return Err(syntax(1, format!("the code is longer than {MOST_SOURCE} bytes")));
    }
    let mut parser = Parser::new(Lexer::program(source)?, run);
    let mut block = Vec::new();
    while !parser.is_end() {
        if parser.is_kind(&Kind::Indent) {
            return parser.error("this line is indented, and nothing before it begins a block");
        }
        parser.statements(&mut block)?;
    }
    Ok(block)
}

impl Parser {
    fn new(tokens: Vec<Token>, run: u32) -> Self {
        Self { tokens, at: 0, depth: 0, functions: Vec::new(), loops: 0, run }
    }

    fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |token| token.line)
    }

    fn error<T>(&self, message: impl AsRef<str>) -> Run<T> {
        Err(syntax(self.line(), message))
    }

    fn kind(&self) -> &Kind {
        self.tokens.get(self.at).map_or(&Kind::End, |token| &token.kind)
    }

    fn is_kind(&self, kind: &Kind) -> bool {
        self.kind() == kind
    }

    fn is_end(&self) -> bool {
        self.is_kind(&Kind::End)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.kind(), Kind::Sign(found) if *found == sign)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), Kind::Name(found) if **found == *word)
    }

    /// Tells whether this word, which is none of the language, stands before.
    fn follows(&self, word: &str) -> bool {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        before.is_some_and(|token| matches!(&token.kind, Kind::Name(name) if &**name == word))
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is = self.is_sign(sign);
        self.at += usize::from(is);
        is
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, sign: &str) -> Run<()> {
        if self.take_sign(sign) {
            Ok(())
        } else {
            self.error(format!("expected `{sign}`, found {}", self.found()))
        }
    }

    fn found(&self) -> String {
        match self.kind() {
            Kind::Name(name) => format!("`{name}`"),
            Kind::Sign(sign) => format!("`{sign}`"),
            Kind::Int(_) | Kind::Float(_) => "a number".into(),
            Kind::Text(_) | Kind::Format(..) => "a text".into(),
            Kind::Newline => "the end of the line".into(),
            Kind::Indent | Kind::Dedent => "another indentation".into(),
            Kind::End => "the end of the code".into(),
        }
    }

    fn name(&mut self) -> Run<Name> {
        if let Kind::Name(name) = self.kind() {
            let name = name.clone();
            if !KEYWORDS.contains(&&*name) {
                self.at += 1;
                return Ok(name);
            }
        }
        self.error(format!("expected a name, found {}", self.found()))
    }

    /// Reads something one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        if self.depth >= MOST_DEPTH {
            return self.error(format!("more than {MOST_DEPTH} levels are in each other"));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }
}
