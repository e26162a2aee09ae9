//! Calls.

use std::rc::Rc;

use super::Machine;
use super::exec::Flow;
use crate::Limit;
use crate::ast::{Arg, Body, Expr, Name, ParamKind};
use crate::library;
use crate::memory::Obj;
use crate::scope::Scope;
use crate::stop::{Run, Stop, raise, type_error};
use crate::table::{Key, Table};
use crate::value::{Function, Value};

/// Arguments by name.
pub type Named = Vec<(Name, Value)>;

impl Machine {
    pub fn call_expr(&mut self, function: &Expr, args: &[Arg]) -> Run {
        // A method of an object is called without being made a value first.
        if let Expr::Attribute(object, name) = function {
            let object = self.value(object)?;
            let (args, named) = self.arguments(args)?;
            if matches!(object, Value::Module(_)) {
                let function = self.attribute(&object, name)?;
                return self.call(&function, args, named);
            }
            return self.method(&object, name, args, named);
        }
        let function = self.value(function)?;
        let (args, named) = self.arguments(args)?;
        self.call(&function, args, named)
    }

    fn arguments(&mut self, args: &[Arg]) -> Run<(Vec<Value>, Named)> {
        let (mut plain, mut named) = (Vec::with_capacity(args.len()), Named::new());
        for arg in args {
            match arg {
                Arg::Plain(value) => plain.push(self.value(value)?),
                Arg::Star(source) => {
                    let source = self.value(source)?;
                    plain.extend(self.collect(&source)?);
                }
                Arg::Named(name, value) => {
                    let value = self.value(value)?;
                    named.push((name.clone(), value));
                }
                Arg::StarStar(source) => {
                    let Value::Dict(table) = self.value(source)? else {
                        return Err(type_error("`**` takes a dictionary"));
                    };
                    for (key, value) in table.look(|table| table.entries().cloned().collect::<Vec<_>>()) {
                        let Value::Str(name) = key else {
                            return Err(type_error("keywords must be strings"));
                        };
                        named.push(((**name).into(), value));
                    }
                }
            }
        }
        for (at, (name, _)) in named.iter().enumerate() {
            if named.iter().take(at).any(|(other, _)| other == name) {
                return Err(type_error(format!("the argument '{name}' is given twice")));
            }
        }
        Ok((plain, named))
    }

    /// Calls a value.
    pub fn call(&mut self, function: &Value, args: Vec<Value>, named: Named) -> Run {
        self.work(2)?;
        match function {
            Value::Function(function) => self.run_function(function, args, named),
            Value::Native(name) => self.level(|machine| library::call(machine, name, args, named)),
            Value::Type(name) => self.level(|machine| library::construct(machine, name, args, named)),
            Value::Method(method) => self.method(&method.0, &method.1, args, named),
            Value::Host(name) => self.ask(name, args, named),
            other => Err(type_error(format!("'{}' object is not callable", other.type_name()))),
        }
    }

    /// Calls a method.
    pub fn method(&mut self, object: &Value, name: &str, args: Vec<Value>, named: Named) -> Run {
        self.work(2)?;
        self.level(|machine| library::method(machine, object, name, args, named))
    }

    /// An attribute as a value.
    pub fn attribute(&mut self, object: &Value, name: &Name) -> Run {
        if let Value::Module(module) = object {
            return match library::item(module, name)? {
                Some(value) => Ok(value),
                None => Err(raise("AttributeError", format!("module '{module}' has no '{name}' here"))),
            };
        }
        if let Some(value) = library::attribute(object, name)? {
            return Ok(value);
        }
        if library::has_method(object, name) {
            return Ok(Value::Method(Rc::new((object.clone(), name.clone()))));
        }
        Err(library::no_attribute(object, name))
    }

    fn run_function(&mut self, function: &Rc<Function>, args: Vec<Value>, named: Named) -> Run {
        if self.calls.get() >= self.limits.recursion {
            return Err(Stop::Limit(Limit::Recursion));
        }
        let scope = Scope::call(&function.def, &function.scope)?;
        bind(function, &scope, args, named)?;
        let outer = (std::mem::replace(&mut self.scope, scope), self.code, self.line);
        self.code = function.def.run;
        self.calls.set(self.calls.get() + 1);
        let done = self.level(|machine| match &function.def.body {
            Body::Block(block) => Ok(match machine.block(block)? {
                Flow::Return(value) => value,
                _ => Value::None,
            }),
            Body::Expr(expr) => machine.value(expr),
        });
        self.calls.set(self.calls.get() - 1);
        (self.scope, self.code, self.line) = outer;
        done
    }
}

/// Gives parameters their values.
fn bind(function: &Function, scope: &Scope, args: Vec<Value>, mut named: Named) -> Run<()> {
    let def = &function.def;
    let plain = def.params.iter().filter(|param| param.kind == ParamKind::Plain).count();
    let takes_rest = def.params.iter().any(|param| param.kind == ParamKind::Rest);
    let given = args.len();
    if given > plain && !takes_rest {
        let message = format!("{}() takes {plain} positional arguments but {given} were given", def.name);
        return Err(type_error(message));
    }
    let mut args = args.into_iter();
    for (at, param) in def.params.iter().enumerate() {
        let by_name = |named: &mut Named| {
            let found = named.iter().position(|(name, _)| *name == param.name)?;
            Some(named.remove(found).1)
        };
        let value = match param.kind {
            ParamKind::Rest => Some(Value::tuple(args.by_ref().collect())?),
            ParamKind::NamedRest => {
                let table = Obj::new(Table::default())?;
                for (name, value) in named.drain(..) {
                    let name = Value::text(&*name)?;
                    let key = Key::of(&name)?;
                    table.edit(1, |table| table.insert(key, name, value))?;
                }
                Some(Value::Dict(table))
            }
            ParamKind::Plain => match args.next() {
                Some(_) if named.iter().any(|(name, _)| *name == param.name) => {
                    let message = format!("{}() got multiple values for argument '{}'", def.name, param.name);
                    return Err(type_error(message));
                }
                Some(value) => Some(value),
                None => by_name(&mut named),
            },
            ParamKind::Named => by_name(&mut named),
        };
        let value = value.or_else(|| function.defaults.get(at).cloned().flatten());
        let Some(value) = value else {
            return Err(type_error(format!("{}() is missing the argument '{}'", def.name, param.name)));
        };
        scope.set(&param.name, value)?;
    }
    match named.first() {
        Some((name, _)) => {
            Err(type_error(format!("{}() got an unexpected keyword argument '{name}'", def.name)))
        }
        None => Ok(()),
    }
}
