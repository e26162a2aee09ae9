//! From the struct to the model. Reports what is wrong with one attribute alone.

use syn::{Data, DeriveInput, Fields};

use super::model::{PartKind, PartModel, ProgramModel};
use crate::diag::Diagnostics;
use crate::ident::plain_name;
use crate::key::{Entry, Form, Grammar, Key, Value};
use crate::krate::Krate;
use crate::misspelled;

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
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("dspy")) {
        for Entry { value, .. } in MODULE.read(attr, diagnostics) {
            match value {
                Value::Path(value) => path = Some(value),
                Value::Flag => no_new = true,
                Value::Name(_) | Value::Text(_) | Value::Check(_) => {}
            }
        }
    }
    ProgramModel { krate: Krate::new(path), no_new, fields: parts(&input, diagnostics), original: input }
}

fn parts(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Vec<PartModel> {
    let Data::Struct(data) = &input.data else {
        return Vec::new();
    };
    let Fields::Named(fields) = &data.fields else {
        return Vec::new();
    };
    fields.named.iter().filter_map(|field| part(field, diagnostics)).collect()
}

fn part(field: &syn::Field, diagnostics: &mut Diagnostics) -> Option<PartModel> {
    let ident = field.ident.clone()?;
    let name = plain_name(&ident);
    let mut given: Option<(&str, PartKind)> = None;
    for attr in &field.attrs {
        misspelled::report(attr, diagnostics);
        let (grammar, kind) = if attr.path().is_ident("frozen") {
            (FROZEN, PartKind::Frozen)
        } else if attr.path().is_ident("plain") {
            (PLAIN, PartKind::Plain)
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
    Some(PartModel { ident, ty: field.ty.clone(), kind })
}
