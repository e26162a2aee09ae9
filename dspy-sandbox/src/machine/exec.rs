//! Statements.

use std::rc::Rc;

use super::Machine;
use crate::ast::{Block, Expr, Handler, Name, Stmt, StmtKind, Try};
use crate::exception::{self, Exception};
use crate::library;
use crate::memory::Charge;
use crate::stop::{Run, Stop, raise, type_error};
use crate::value::{Function, Value};

/// The place where a program goes on after a statement.
pub enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

impl Machine {
    /// Runs a program; the value of its last statement, if that is an expression.
    pub fn program(&mut self, block: &Block) -> Run {
        let Some((last, rest)) = block.split_last() else { return Ok(Value::None) };
        for statement in rest {
            self.statement(statement)?;
        }
        if let StmtKind::Expr(expr) = &last.kind {
            self.line = last.line;
            return self.marked(last.line, |machine| machine.value(expr));
        }
        self.statement(last)?;
        Ok(Value::None)
    }

    pub fn block(&mut self, block: &Block) -> Run<Flow> {
        for statement in block {
            match self.statement(statement)? {
                Flow::Next => {}
                other => return Ok(other),
            }
        }
        Ok(Flow::Next)
    }

    fn statement(&mut self, statement: &Stmt) -> Run<Flow> {
        self.line = statement.line;
        self.work(1)?;
        self.level(|machine| machine.marked(statement.line, |machine| machine.execute(&statement.kind)))
    }

    /// Notes the line in an exception that has none yet.
    fn marked<T>(&mut self, line: u32, run: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        let done = run(self);
        if let Err(Stop::Raise(exception)) = &done
            && exception.line.get().is_none()
            && self.code == self.run
        {
            exception.line.set(Some(line));
        }
        done
    }

    fn execute(&mut self, kind: &StmtKind) -> Run<Flow> {
        match kind {
            StmtKind::Expr(expr) => {
                self.value(expr)?;
            }
            StmtKind::Assign(targets, value) => {
                let value = self.value(value)?;
                for target in targets {
                    self.assign(target, value.clone())?;
                }
            }
            StmtKind::Augment(target, operation, value) => self.augment(target, *operation, value)?,
            StmtKind::If(cases, otherwise) => {
                for (condition, body) in cases {
                    if self.value(condition)?.truth() {
                        return self.block(body);
                    }
                }
                return self.block(otherwise);
            }
            StmtKind::While(condition, body, otherwise) => return self.repeat(condition, body, otherwise),
            StmtKind::For(target, source, body, otherwise) => {
                let source = self.value(source)?;
                return self.each(target, source, body, otherwise);
            }
            StmtKind::Try(attempt) => return self.attempt(attempt),
            StmtKind::Def(def) => {
                let function = self.function(def)?;
                self.scope.set(&def.name, function)?;
            }
            StmtKind::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::None), |value| self.value(value))?;
                return Ok(Flow::Return(value));
            }
            StmtKind::Raise(value) => return Err(self.raised(value.as_ref())?),
            StmtKind::Assert(condition, message) => {
                if !self.value(condition)?.truth() {
                    let args = message.as_ref().map(|message| self.value(message)).transpose()?;
                    return Err(Stop::Raise(Exception::with("AssertionError", args.into_iter().collect())?));
                }
            }
            StmtKind::Delete(targets) => targets.iter().try_for_each(|target| self.delete(target))?,
            StmtKind::Import(imports) => {
                for (module, item, name) in imports {
                    let value = import(module, item.as_ref())?;
                    self.scope.set(name, value)?;
                }
            }
            StmtKind::Break => return Ok(Flow::Break),
            StmtKind::Continue => return Ok(Flow::Continue),
            StmtKind::Pass => {}
        }
        Ok(Flow::Next)
    }

    /// A function with the values that its parameters have by default, of where it is defined.
    pub fn function(&mut self, def: &Rc<crate::ast::Def>) -> Run {
        let mut defaults = Vec::with_capacity(def.params.len());
        for param in &def.params {
            defaults.push(param.default.as_ref().map(|value| self.value(value)).transpose()?);
        }
        let charge = Charge::new(def.weight)?;
        let scope = self.scope.clone();
        Ok(Value::Function(Rc::new(Function { def: def.clone(), defaults, scope, _charge: charge })))
    }

    fn repeat(&mut self, condition: &Expr, body: &Block, otherwise: &Block) -> Run<Flow> {
        loop {
            self.work(1)?;
            if !self.value(condition)?.truth() {
                return self.block(otherwise);
            }
            match self.block(body)? {
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
                Flow::Next | Flow::Continue => {}
            }
        }
    }

    fn each(&mut self, target: &Expr, source: Value, body: &Block, otherwise: &Block) -> Run<Flow> {
        let iter = self.iter(&source)?;
        while let Some(item) = self.next(&iter)? {
            self.assign(target, item)?;
            match self.block(body)? {
                Flow::Break => return Ok(Flow::Next),
                Flow::Return(value) => return Ok(Flow::Return(value)),
                Flow::Next | Flow::Continue => {}
            }
        }
        self.block(otherwise)
    }

    fn attempt(&mut self, attempt: &Try) -> Run<Flow> {
        let place = (self.scope.clone(), self.code);
        let mut done = self.block(&attempt.body);
        if let Err(Stop::Raise(exception)) = &done {
            let exception = exception.clone();
            (self.scope, self.code) = place.clone();
            for handler in &attempt.handlers {
                if self.handles(handler, &exception)? {
                    done = self.handle(handler, exception);
                    break;
                }
            }
        } else if matches!(done, Ok(Flow::Next)) {
            done = self.block(&attempt.otherwise);
        }
        // What ends a run ends it here, too.
        if attempt.last.is_empty() || matches!(&done, Err(stop) if !matches!(stop, Stop::Raise(_))) {
            return done;
        }
        (self.scope, self.code) = place;
        match self.block(&attempt.last)? {
            Flow::Next => done,
            other => Ok(other),
        }
    }

    fn handles(&mut self, handler: &Handler, exception: &Exception) -> Run<bool> {
        let Some(kinds) = &handler.kinds else { return Ok(true) };
        let kinds = self.value(kinds)?;
        let kinds = if let Value::Tuple(kinds) = &kinds { kinds.look(Clone::clone) } else { vec![kinds] };
        for kind in &kinds {
            match kind {
                Value::Type(name) if exception::is_kind(name) => {
                    if exception::is_a(exception.kind, name) {
                        return Ok(true);
                    }
                }
                other => {
                    let message = format!("`except` takes kinds of exceptions, not {}", other.type_name());
                    return Err(type_error(message));
                }
            }
        }
        Ok(false)
    }

    fn handle(&mut self, handler: &Handler, exception: Rc<Exception>) -> Run<Flow> {
        if let Some(name) = &handler.name {
            self.scope.set(name, Value::Exception(exception.clone()))?;
        }
        self.handled.push(exception);
        let done = self.block(&handler.body);
        self.handled.pop();
        if let Some(name) = &handler.name {
            // It may have been deleted by the handler.
            drop(self.scope.remove(name));
        }
        done
    }

    fn raised(&mut self, value: Option<&Expr>) -> Run<Stop> {
        let Some(value) = value else {
            let last = self.handled.last().cloned();
            return match last {
                Some(exception) => Ok(Stop::Raise(exception)),
                None => Err(raise("RuntimeError", "there is no exception to raise again")),
            };
        };
        match self.value(value)? {
            Value::Exception(exception) => Ok(Stop::Raise(exception)),
            Value::Type(kind) if exception::is_kind(kind) => {
                Ok(Stop::Raise(Exception::with(kind, Vec::new())?))
            }
            other => Err(type_error(format!("only exceptions can be raised, not {}", other.type_name()))),
        }
    }
}

fn import(module: &Name, item: Option<&Name>) -> Run {
    let Some(known) = library::module(module) else {
        let message =
            format!("there is no module '{module}' here; there are {}", library::MODULES.join(", "));
        return Err(raise("ModuleNotFoundError", message));
    };
    let Some(item) = item else { return Ok(Value::Module(known)) };
    match library::item(known, item)? {
        Some(value) => Ok(value),
        None => Err(raise("ImportError", format!("cannot import '{item}' from '{known}'; it is not there"))),
    }
}
