//! The scopes where names have their values.

use std::collections::HashMap;
use std::rc::Rc;

use super::ast::{Def, Name};
use super::memory::{Hold, Obj};
use super::stop::{Run, raise};
use super::value::Value;

/// Names with values.
#[derive(Default)]
pub struct Vars(HashMap<Name, Value>);

impl Hold for Vars {
    const EACH: usize = 96;

    fn weight(&self) -> usize {
        128 + self.0.len() * Self::EACH
    }

    fn give(&mut self, to: &mut Vec<Value>) {
        to.extend(self.0.drain().map(|(_, value)| value));
    }
}

/// The names of a call of a function, of a comprehension, or of the whole session.
pub struct Scope {
    vars: Rc<Obj<Vars>>,
    parent: Option<Rc<Scope>>,
    /// The function that it is a call of.
    def: Option<Rc<Def>>,
    /// Tells whether it is that of a comprehension.
    comprehension: bool,
}

impl Scope {
    pub fn global() -> Run<Rc<Self>> {
        Self::new(None, None, false)
    }

    pub fn call(def: &Rc<Def>, parent: &Rc<Scope>) -> Run<Rc<Self>> {
        Self::new(Some(parent.clone()), Some(def.clone()), false)
    }

    pub fn comprehension(parent: &Rc<Scope>) -> Run<Rc<Self>> {
        Self::new(Some(parent.clone()), None, true)
    }

    fn new(parent: Option<Rc<Self>>, def: Option<Rc<Def>>, comprehension: bool) -> Run<Rc<Self>> {
        Ok(Rc::new(Self { vars: Obj::new(Vars::default())?, parent, def, comprehension }))
    }

    fn own(&self, name: &str) -> Option<Value> {
        self.vars.look(|vars| vars.0.get(name).cloned())
    }

    /// The value that a name has here.
    pub fn get(&self, name: &str) -> Run<Option<Value>> {
        let mut scope = self;
        loop {
            let declared_global = scope.def.as_ref().is_some_and(|def| def.globals.contains(name));
            if declared_global {
                return Ok(scope.outermost().own(name));
            }
            if let Some(value) = scope.own(name) {
                return Ok(Some(value));
            }
            if scope.def.as_ref().is_some_and(|def| def.locals.contains(name)) {
                let message = format!("local variable '{name}' is used before it has a value");
                return Err(raise("UnboundLocalError", message));
            }
            match &scope.parent {
                Some(parent) => scope = parent,
                None => return Ok(None),
            }
        }
    }

    /// Gives a name a value: in the comprehension if it is one, or else where the function says.
    pub fn set(&self, name: &Name, value: Value) -> Run<()> {
        let owner = self.owner(name)?;
        let old = owner.vars.edit(1, |vars| vars.0.insert(name.clone(), value))?;
        drop(old);
        Ok(())
    }

    /// Gives a name a value outside of any comprehension, as `:=` does.
    pub fn set_outside(&self, name: &Name, value: Value) -> Run<()> {
        match &self.parent {
            Some(parent) if self.comprehension => parent.set_outside(name, value),
            _ => self.set(name, value),
        }
    }

    /// Takes a name's value away.
    pub fn remove(&self, name: &Name) -> Run<()> {
        let owner = self.owner(name)?;
        match owner.vars.edit(0, |vars| vars.0.remove(name))? {
            Some(_) => Ok(()),
            None => Err(raise("NameError", format!("name '{name}' is not defined"))),
        }
    }

    fn owner(&self, name: &Name) -> Run<&Self> {
        let Some(def) = &self.def else { return Ok(self) };
        if def.globals.contains(name) {
            return Ok(self.outermost());
        }
        if !def.nonlocals.contains(name) {
            return Ok(self);
        }
        let mut scope = self.parent.as_deref();
        while let Some(outer) = scope.filter(|scope| scope.parent.is_some()) {
            if outer.def.as_ref().is_some_and(|def| def.locals.contains(name)) {
                return Ok(outer);
            }
            scope = outer.parent.as_deref();
        }
        Err(raise("NameError", format!("no enclosing function has a variable '{name}'")))
    }

    fn outermost(&self) -> &Self {
        let mut scope = self;
        while let Some(parent) = &scope.parent {
            scope = parent;
        }
        scope
    }
}
