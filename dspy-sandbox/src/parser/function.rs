//! Functions.

use std::rc::Rc;

use super::Parser;
use crate::ast::{Body, Def, Expr, Name, Param, ParamKind};
use crate::stop::Run;

impl Parser {
    pub(super) fn definition(&mut self) -> Run<Rc<Def>> {
        self.at += 1;
        let name = self.name()?;
        self.bind(&name);
        self.expect("(")?;
        let params = self.parameters(")", true)?;
        self.expect(")")?;
        if self.take_sign("->") {
            self.expression()?;
        }
        let loops = std::mem::take(&mut self.loops);
        let def = self.function(name, params, |parser| Ok(Body::Block(parser.block()?)));
        self.loops = loops;
        def
    }

    pub(super) fn lambda(&mut self) -> Run<Expr> {
        self.at += 1;
        let params = self.parameters(":", false)?;
        self.expect(":")?;
        let def = self.function("<lambda>".into(), params, |parser| Ok(Body::Expr(parser.expression()?)))?;
        Ok(Expr::Lambda(def))
    }

    fn function(
        &mut self,
        name: Name,
        params: Vec<Param>,
        body: impl FnOnce(&mut Self) -> Run<Body>,
    ) -> Run<Rc<Def>> {
        let from = self.at;
        self.functions.push(super::Names::default());
        for param in &params {
            self.bind(&param.name);
        }
        let body = body(self);
        let mut names = self.functions.pop().unwrap_or_default();
        names.locals.retain(|name| !names.globals.contains(name) && !names.nonlocals.contains(name));
        let weight = 256 + (self.at - from + params.len()) * 96;
        let super::Names { locals, globals, nonlocals } = names;
        Ok(Rc::new(Def { name, params, body: body?, locals, globals, nonlocals, weight, run: self.run }))
    }

    fn parameters(&mut self, closing: &str, typed: bool) -> Run<Vec<Param>> {
        let mut params: Vec<Param> = Vec::new();
        let mut kind = ParamKind::Plain;
        while !self.is_sign(closing) {
            if self.take_sign("/") {
                // All before it are by position only; that they may also be given by name harms nobody.
            } else if self.take_sign("**") {
                params.push(Param {
                    name: self.parameter(typed)?,
                    kind: ParamKind::NamedRest,
                    default: None,
                });
                self.take_sign(",");
                break;
            } else if self.take_sign("*") {
                if kind == ParamKind::Named {
                    return self.error("only one parameter can have a star");
                }
                kind = ParamKind::Named;
                if !self.is_sign(",") {
                    params.push(Param { name: self.parameter(typed)?, kind: ParamKind::Rest, default: None });
                }
            } else {
                let name = self.parameter(typed)?;
                let default = if self.take_sign("=") { Some(self.expression()?) } else { None };
                let after =
                    params.iter().any(|param| param.kind == ParamKind::Plain && param.default.is_some());
                if default.is_none() && after && kind == ParamKind::Plain {
                    return self
                        .error(format!("parameter `{name}` without a default follows one with a default"));
                }
                params.push(Param { name, kind, default });
            }
            if !self.take_sign(",") {
                break;
            }
        }
        for (at, param) in params.iter().enumerate() {
            if params.iter().take(at).any(|other| other.name == param.name) {
                return self.error(format!("two parameters are called `{}`", param.name));
            }
        }
        Ok(params)
    }

    fn parameter(&mut self, typed: bool) -> Run<Name> {
        let name = self.name()?;
        if typed && self.take_sign(":") {
            self.expression()?;
        }
        Ok(name)
    }
}
