//! Programs as trees.

use std::collections::HashSet;
use std::rc::Rc;

use super::value::Value;

/// A name in a program.
pub type Name = Rc<str>;

/// Statements that are run one after the other.
pub type Block = Vec<Stmt>;

/// A statement and the line that it begins in, from 1.
pub struct Stmt {
    pub line: u32,
    pub kind: StmtKind,
}

pub enum StmtKind {
    Expr(Expr),
    /// Each target is given the value, from left to right.
    Assign(Vec<Expr>, Expr),
    Augment(Expr, Binary, Expr),
    If(Vec<(Expr, Block)>, Block),
    While(Expr, Block, Block),
    For(Expr, Expr, Block, Block),
    Try(Box<Try>),
    Def(Rc<Def>),
    Return(Option<Expr>),
    Raise(Option<Expr>),
    Assert(Expr, Option<Expr>),
    Delete(Vec<Expr>),
    /// A module, the name in it if one is imported, and the name that it gets.
    Import(Vec<(Name, Option<Name>, Name)>),
    Break,
    Continue,
    Pass,
}

pub struct Try {
    pub body: Block,
    pub handlers: Vec<Handler>,
    pub otherwise: Block,
    pub last: Block,
}

pub struct Handler {
    pub kinds: Option<Expr>,
    pub name: Option<Name>,
    pub body: Block,
}

/// A function as it is written.
pub struct Def {
    pub name: Name,
    pub params: Vec<Param>,
    pub body: Body,
    pub locals: HashSet<Name>,
    pub globals: HashSet<Name>,
    pub nonlocals: HashSet<Name>,
    /// About how many bytes it takes.
    pub weight: usize,
    /// The run of the session that it was written in.
    pub run: u32,
}

pub enum Body {
    Block(Block),
    Expr(Expr),
}

pub struct Param {
    pub name: Name,
    pub kind: ParamKind,
    pub default: Option<Expr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    Plain,
    /// Only by name.
    Named,
    /// Takes all further ones by position.
    Rest,
    /// Takes all further ones by name.
    NamedRest,
}

pub enum Expr {
    Const(Value),
    Name(Name),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Set(Vec<Expr>),
    /// Entries; without a key it is a dictionary to take entries from.
    Dict(Vec<(Option<Expr>, Expr)>),
    Star(Box<Expr>),
    Comprehension(Rc<Comprehension>),
    Lambda(Rc<Def>),
    Unary(Unary, Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Vec<(Compare, Expr)>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// The value if the condition holds, the condition, the value if not.
    If(Box<(Expr, Expr, Expr)>),
    Call(Box<Expr>, Vec<Arg>),
    Attribute(Box<Expr>, Name),
    Index(Box<Expr>, Box<Expr>),
    Slice(Box<[Option<Expr>; 3]>),
    Format(Vec<Piece>),
    Walrus(Name, Box<Expr>),
}

pub enum Arg {
    Plain(Expr),
    Named(Name, Expr),
    Star(Expr),
    StarStar(Expr),
}

/// A piece of an f-string.
pub enum Piece {
    Text(String),
    Value { value: Expr, conversion: Option<char>, spec: Vec<Piece> },
}

pub struct Comprehension {
    pub kind: ComprehensionKind,
    pub item: Expr,
    /// The value, of a dictionary.
    pub value: Option<Expr>,
    pub clauses: Vec<Clause>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    List,
    Set,
    Dict,
    Generator,
}

pub struct Clause {
    pub target: Expr,
    pub source: Expr,
    pub conditions: Vec<Expr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    Not,
    Minus,
    Plus,
    Invert,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Mod,
    Pow,
    Left,
    Right,
    And,
    Or,
    Xor,
}

impl Binary {
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::FloorDiv => "//",
            Self::Mod => "%",
            Self::Pow => "**",
            Self::Left => "<<",
            Self::Right => ">>",
            Self::And => "&",
            Self::Or => "|",
            Self::Xor => "^",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    Is,
    IsNot,
}

impl Compare {
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Is => "is",
            Self::IsNot => "is not",
        }
    }
}
