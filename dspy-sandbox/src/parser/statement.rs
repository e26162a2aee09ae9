//! Statements.

use std::rc::Rc;

use super::{MOST_CHAINED, Parser};
use crate::ast::{Binary, Block, Expr, Handler, Name, Stmt, StmtKind, Try};
use crate::lexer::Kind;
use crate::stop::Run;

impl Parser {
    /// The statements of one line, or one that has blocks.
    pub(super) fn statements(&mut self, to: &mut Block) -> Run<()> {
        if let Some(statement) = self.compound()? {
            to.push(statement);
            return Ok(());
        }
        loop {
            let line = self.line();
            let kind = self.simple()?;
            to.push(Stmt { line, kind });
            if !self.take_sign(";") || matches!(self.kind(), Kind::Newline | Kind::End) {
                break;
            }
        }
        match self.kind() {
            Kind::Newline => {
                self.at += 1;
                Ok(())
            }
            Kind::End => Ok(()),
            _ if self.follows("match") => self.error("`match` is not there; use if and elif"),
            _ => self.error(format!("expected the end of the line, found {}", self.found())),
        }
    }

    pub(super) fn block(&mut self) -> Run<Block> {
        self.deeper(|parser| {
            parser.expect(":")?;
            let mut block = Vec::new();
            if !parser.is_kind(&Kind::Newline) {
                parser.statements(&mut block)?;
                return Ok(block);
            }
            parser.at += 1;
            if !parser.is_kind(&Kind::Indent) {
                return parser.error("expected an indented block");
            }
            parser.at += 1;
            while !matches!(parser.kind(), Kind::Dedent | Kind::End) {
                parser.statements(&mut block)?;
            }
            parser.at += usize::from(parser.is_kind(&Kind::Dedent));
            Ok(block)
        })
    }

    fn body_of_loop(&mut self) -> Run<(Block, Block)> {
        self.loops += 1;
        let body = self.block();
        self.loops -= 1;
        let otherwise = if self.take_word("else") { self.block()? } else { Vec::new() };
        Ok((body?, otherwise))
    }

    fn compound(&mut self) -> Run<Option<Stmt>> {
        let line = self.line();
        let Kind::Name(word) = self.kind() else {
            return if self.is_sign("@") {
                self.error("decorators are not there; wrap by hand: f = wrap(f)")
            } else {
                Ok(None)
            };
        };
        let kind = match &*word.clone() {
            "if" => self.conditional()?,
            "while" => {
                self.at += 1;
                let condition = self.expression()?;
                let (body, otherwise) = self.body_of_loop()?;
                StmtKind::While(condition, body, otherwise)
            }
            "for" => {
                self.at += 1;
                let target = self.targets()?;
                if !self.take_word("in") {
                    return self.error(format!("expected `in`, found {}", self.found()));
                }
                let source = self.expressions()?;
                let (body, otherwise) = self.body_of_loop()?;
                StmtKind::For(target, source, body, otherwise)
            }
            "try" => self.attempt()?,
            "def" => StmtKind::Def(self.definition()?),
            "class" => return self.error("classes are not there; use dictionaries and functions"),
            "with" => return self.error("`with` is not there; write the block without it"),
            "async" | "await" => {
                return self.error("`async` and `await` are not there; calls wait by themselves");
            }
            _ => return Ok(None),
        };
        Ok(Some(Stmt { line, kind }))
    }

    fn conditional(&mut self) -> Run<StmtKind> {
        let mut cases = Vec::new();
        while self.take_word(if cases.is_empty() { "if" } else { "elif" }) {
            let condition = self.expression()?;
            cases.push((condition, self.block()?));
        }
        let otherwise = if self.take_word("else") { self.block()? } else { Vec::new() };
        Ok(StmtKind::If(cases, otherwise))
    }

    fn attempt(&mut self) -> Run<StmtKind> {
        self.at += 1;
        let body = self.block()?;
        let mut handlers = Vec::new();
        while self.take_word("except") {
            let kinds = if self.is_sign(":") { None } else { Some(self.expressions()?) };
            let name = if self.take_word("as") { Some(self.name()?) } else { None };
            if let Some(name) = &name {
                self.bind(name);
            }
            handlers.push(Handler { kinds, name, body: self.block()? });
        }
        let otherwise = if self.take_word("else") { self.block()? } else { Vec::new() };
        let has_last = self.take_word("finally");
        let last = if has_last { self.block()? } else { Vec::new() };
        if handlers.is_empty() && !has_last {
            return self.error("`try` needs an `except` or a `finally`");
        }
        Ok(StmtKind::Try(Box::new(Try { body, handlers, otherwise, last })))
    }

    fn simple(&mut self) -> Run<StmtKind> {
        let Kind::Name(word) = self.kind() else { return self.assignment() };
        let word = word.clone();
        let is_simple = [
            "pass", "break", "continue", "return", "raise", "assert", "del", "import", "from", "global",
            "nonlocal",
        ];
        if !is_simple.contains(&&*word) {
            return self.assignment();
        }
        self.at += 1;
        let ends = matches!(self.kind(), Kind::Newline | Kind::End) || self.is_sign(";");
        Ok(match &*word {
            "pass" => StmtKind::Pass,
            "break" | "continue" if self.loops == 0 => {
                return self.error(format!("`{word}` is outside of a loop"));
            }
            "break" => StmtKind::Break,
            "continue" => StmtKind::Continue,
            "return" if self.functions.is_empty() => return self.error("`return` is outside of a function"),
            "return" => StmtKind::Return(if ends { None } else { Some(self.expressions()?) }),
            "raise" => {
                let raised = if ends { None } else { Some(self.expression()?) };
                if self.take_word("from") {
                    // The cause is evaluated by nobody; programs here cannot look at it.
                    self.expression()?;
                }
                StmtKind::Raise(raised)
            }
            "assert" => {
                let condition = self.expression()?;
                let message = if self.take_sign(",") { Some(self.expression()?) } else { None };
                StmtKind::Assert(condition, message)
            }
            "del" => {
                let target = self.targets()?;
                StmtKind::Delete(if let Expr::Tuple(targets) = target { targets } else { vec![target] })
            }
            "import" => self.import()?,
            "from" => self.import_from()?,
            _ => self.declaration(&word)?,
        })
    }

    /// `global` and `nonlocal`.
    fn declaration(&mut self, word: &str) -> Run<StmtKind> {
        loop {
            let name = self.name()?;
            if let Some(names) = self.functions.last_mut() {
                let declared = if word == "global" { &mut names.globals } else { &mut names.nonlocals };
                declared.insert(name);
            } else if word == "nonlocal" {
                return self.error("`nonlocal` is outside of a function");
            }
            if !self.take_sign(",") {
                return Ok(StmtKind::Pass);
            }
        }
    }

    fn dotted(&mut self) -> Run<Name> {
        let mut name = self.name()?.to_string();
        while self.take_sign(".") {
            name = format!("{name}.{}", self.name()?);
        }
        Ok(name.into())
    }

    fn import(&mut self) -> Run<StmtKind> {
        let mut imports = Vec::new();
        loop {
            let module = self.dotted()?;
            let first: Name = module.split('.').next().unwrap_or_default().into();
            let name = if self.take_word("as") { self.name()? } else { first };
            self.bind(&name);
            imports.push((module, None, name));
            if !self.take_sign(",") {
                return Ok(StmtKind::Import(imports));
            }
        }
    }

    fn import_from(&mut self) -> Run<StmtKind> {
        let module = self.dotted()?;
        if !self.take_word("import") {
            return self.error(format!("expected `import`, found {}", self.found()));
        }
        if self.is_sign("*") {
            return self.error("`import *` is not there; name what you need");
        }
        let closes = self.take_sign("(");
        let mut imports = Vec::new();
        loop {
            let item = self.name()?;
            let name = if self.take_word("as") { self.name()? } else { item.clone() };
            self.bind(&name);
            imports.push((module.clone(), Some(item), name));
            if !self.take_sign(",") || self.is_sign(")") {
                break;
            }
        }
        if closes {
            self.expect(")")?;
        }
        Ok(StmtKind::Import(imports))
    }

    /// An expression, an assignment, or one with an operation.
    fn assignment(&mut self) -> Run<StmtKind> {
        let first = self.expressions()?;
        if let Kind::Sign(sign) = self.kind()
            && let Some(operation) = augments(sign)
        {
            self.at += 1;
            self.bind_target(&first)?;
            if matches!(first, Expr::Tuple(_) | Expr::List(_) | Expr::Star(_)) {
                return self.error("only one thing can be changed by an operation");
            }
            return Ok(StmtKind::Augment(first, operation, self.expressions()?));
        }
        if self.take_sign(":") {
            // The type that a variable is meant to have.
            self.expression()?;
            self.bind_target(&first)?;
            if !self.take_sign("=") {
                return Ok(StmtKind::Pass);
            }
            return Ok(StmtKind::Assign(vec![first], self.expressions()?));
        }
        if !self.is_sign("=") {
            return Ok(StmtKind::Expr(first));
        }
        let (mut targets, mut value) = (Vec::new(), first);
        while self.take_sign("=") {
            if targets.len() >= MOST_CHAINED {
                return self.error("too many targets");
            }
            self.bind_target(&value)?;
            targets.push(std::mem::replace(&mut value, self.expressions()?));
        }
        Ok(StmtKind::Assign(targets, value))
    }

    /// Notes that the function that is being read gives this name a value.
    pub(super) fn bind(&mut self, name: &Name) {
        if let Some(names) = self.functions.last_mut() {
            names.locals.insert(name.clone());
        }
    }

    /// Notes the names in what is given a value.
    pub(super) fn bind_target(&mut self, target: &Expr) -> Run<()> {
        match target {
            Expr::Name(name) => self.bind(&Rc::clone(name)),
            Expr::Attribute(..) => return self.error("attributes cannot be set; use a dictionary"),
            Expr::Index(..) => {}
            Expr::Star(inside) => self.bind_target(inside)?,
            Expr::Tuple(targets) | Expr::List(targets) => {
                if targets.iter().filter(|target| matches!(target, Expr::Star(_))).count() > 1 {
                    return self.error("only one target can have a star");
                }
                targets.iter().try_for_each(|target| self.bind_target(target))?;
            }
            _ => return self.error("this cannot be given a value"),
        }
        Ok(())
    }
}

fn augments(sign: &str) -> Option<Binary> {
    Some(match sign {
        "+=" => Binary::Add,
        "-=" => Binary::Sub,
        "*=" => Binary::Mul,
        "/=" => Binary::Div,
        "//=" => Binary::FloorDiv,
        "%=" => Binary::Mod,
        "**=" => Binary::Pow,
        "<<=" => Binary::Left,
        ">>=" => Binary::Right,
        "&=" => Binary::And,
        "|=" => Binary::Or,
        "^=" => Binary::Xor,
        _ => return None,
    })
}
