//! The parser of the struct into the model. Reports what is wrong with one attribute alone.

use syn::{Attribute, Data, DeriveInput, Fields, Meta, MetaList};

use super::model::{PartKind, PartModel, ProgramModel, Wired};
use crate::diag::Diagnostics;
use crate::ident::plain_name;
use crate::key::{Entry, Form, Grammar, Key, Value};
use crate::krate::Krate;
use crate::misspelled;
use crate::module::wiring::{self, Call};

const MODULE: Grammar = Grammar {
    name: "module",
    keys: &[Key { name: "no_new", form: Form::Flag }, Key { name: "crate", form: Form::Path }],
};

const FROZEN: Grammar = Grammar { name: "frozen", keys: &[] };

const PLAIN: Grammar = Grammar { name: "plain", keys: &[] };

/// Reads everything that can be read.
pub(crate) fn program(input: DeriveInput, diagnostics: &mut Diagnostics) -> ProgramModel {
    let mut path = None;
    let mut no_new = false;
    let mut wiring = Wired::No;
    let mut calls = Vec::new();
    for attr in &input.attrs {
        if attr.path().is_ident("call") {
            calls.extend(call(attr, None, diagnostics));
        } else if attr.path().is_ident("dspy") {
            let (found, options) = wired(attr, diagnostics);
            wiring = found;
            for Entry { value, .. } in MODULE.read(&options, diagnostics) {
                match value {
                    Value::Path(value) => path = Some(value),
                    Value::Flag => no_new = true,
                    Value::Name(_) | Value::Text(_) | Value::Check(_) | Value::Bound(_) => {}
                }
            }
        }
    }
    let fields = parts(&input, &mut calls, diagnostics);
    let marks = input.attrs.iter().chain(fields_of(&input).flat_map(|field| &field.attrs));
    let all_calls_read = marks.filter(|attr| attr.path().is_ident("call")).count() == calls.len();
    ProgramModel { krate: Krate::new(path), no_new, fields, wiring, calls, all_calls_read, original: input }
}

// The wiring, and the attribute with what is left of it.
fn wired(attr: &Attribute, diagnostics: &mut Diagnostics) -> (Wired, Attribute) {
    let Meta::List(list) = &attr.meta else {
        return (Wired::No, attr.clone());
    };
    let (tokens, options) = wiring::split(list.tokens.clone());
    let wiring = match tokens.map(|tokens| wiring::wiring(&tokens)) {
        None => Wired::No,
        Some(Ok(wiring)) => Wired::Yes(wiring),
        Some(Err(error)) => {
            diagnostics.push(error);
            Wired::Broken
        }
    };
    let mut attr = attr.clone();
    attr.meta = Meta::List(MetaList { tokens: options, ..list.clone() });
    (wiring, attr)
}

fn call(attr: &Attribute, field: Option<&syn::Field>, diagnostics: &mut Diagnostics) -> Option<Call> {
    let Meta::List(list) = &attr.meta else {
        diagnostics
            .error(attr, "`#[call]` needs its wires in parentheses")
            .help("write `#[call(inputs -> outputs)]`");
        return None;
    };
    let field = field.and_then(|field| Some((field.ident.clone()?, field.ty.clone())));
    match wiring::call(list.tokens.clone(), field) {
        Ok(call) => Some(call),
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}

fn parts(input: &DeriveInput, calls: &mut Vec<Call>, diagnostics: &mut Diagnostics) -> Vec<PartModel> {
    fields_of(input).filter_map(|field| part(field, calls, diagnostics)).collect()
}

fn fields_of(input: &DeriveInput) -> impl Iterator<Item = &syn::Field> {
    let named = match &input.data {
        Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) => Some(&fields.named),
        _ => None,
    };
    named.into_iter().flatten()
}

fn part(field: &syn::Field, calls: &mut Vec<Call>, diagnostics: &mut Diagnostics) -> Option<PartModel> {
    let ident = field.ident.clone()?;
    let name = plain_name(&ident);
    let mut given: Option<(&str, PartKind)> = None;
    for attr in &field.attrs {
        misspelled::report(attr, diagnostics);
        let (grammar, kind) = if attr.path().is_ident("frozen") {
            (FROZEN, PartKind::Frozen)
        } else if attr.path().is_ident("plain") {
            (PLAIN, PartKind::Plain)
        } else if attr.path().is_ident("call") {
            calls.extend(call(attr, Some(field), diagnostics));
            continue;
        } else {
            continue;
        };
        grammar.read(attr, diagnostics);
        match given {
            None => given = Some((grammar.name, kind)),
            Some((first, _)) if first == grammar.name => {
                diagnostics
                    .error(attr, format!("field `{name}` is marked `#[{first}]` twice"))
                    .help("remove one of the two");
            }
            Some((first, _)) => {
                diagnostics
                    .error(
                        attr,
                        format!("field `{name}` is both `#[{first}]` and `#[{}]`", grammar.name),
                    )
                    .help("`#[frozen]` is for predictors that stay as they are, `#[plain]` for a field that holds none");
            }
        }
    }
    let kind = given.map_or(PartKind::Learned, |(_, kind)| kind);
    let call = field.attrs.iter().find(|attr| attr.path().is_ident("call")).cloned();
    Some(PartModel { ident, ty: field.ty.clone(), kind, call })
}
