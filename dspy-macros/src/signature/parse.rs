//! The parser of the struct into the model. Reports what is wrong with one attribute or one field alone.

use proc_macro2::Ident;
use syn::{Attribute, Data, DeriveInput, Fields, LitStr};

use super::model::{FieldModel, Role, SignatureModel};
use crate::diag::Diagnostics;
use crate::docs::Text;
use crate::ident::plain_name;
use crate::key::{BoundForm, Entry, Form, Grammar, Key, Value};
use crate::krate::Krate;
use crate::misspelled;

const SIGNATURE: Grammar = Grammar {
    name: "signature",
    keys: &[Key { name: "instructions", form: Form::Text }, Key { name: "crate", form: Form::Path }],
};

const INPUT: Grammar = Grammar {
    name: "input",
    keys: &[Key { name: "desc", form: Form::Text }, Key { name: "rename", form: Form::Name }],
};

const OUTPUT: Grammar = Grammar {
    name: "output",
    keys: &[
        Key { name: "desc", form: Form::Text },
        Key { name: "rename", form: Form::Name },
        Key { name: "check", form: Form::Check },
        Key { name: "min", form: Form::Bound(BoundForm::Min) },
        Key { name: "max", form: Form::Bound(BoundForm::Max) },
        Key { name: "len", form: Form::Bound(BoundForm::Length) },
        Key { name: "pattern", form: Form::Bound(BoundForm::Pattern) },
        Key { name: "one_of", form: Form::Bound(BoundForm::OneOf) },
    ],
};

const META: Grammar = Grammar { name: "meta", keys: &[] };

/// Reads everything that can be read.
pub(crate) fn signature(input: DeriveInput, diagnostics: &mut Diagnostics) -> SignatureModel {
    let mut path = None;
    let mut instructions = None;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("dspy")) {
        for Entry { value, .. } in SIGNATURE.read(attr, diagnostics) {
            match value {
                Value::Path(value) => path = Some(value),
                Value::Text(value) => instructions = Some(value),
                Value::Flag | Value::Name(_) | Value::Check(_) | Value::Bound(_) => {}
            }
        }
    }
    SignatureModel {
        krate: Krate::new(path),
        instructions: instructions.unwrap_or_else(|| Text::of_docs(&input.attrs)),
        fields: fields(&input, diagnostics),
        original: input,
    }
}

fn fields(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Vec<FieldModel> {
    let Data::Struct(data) = &input.data else {
        return Vec::new();
    };
    let Fields::Named(fields) = &data.fields else {
        return Vec::new();
    };
    fields.named.iter().filter_map(|original| field(original, diagnostics)).collect()
}

fn field(original: &syn::Field, diagnostics: &mut Diagnostics) -> Option<FieldModel> {
    let mut field = FieldModel {
        ident: original.ident.clone()?,
        role: None,
        rename: None,
        desc: Text::of_docs(&original.attrs),
        desc_given: false,
        checks: Vec::new(),
        bounds: Vec::new(),
        original: original.clone(),
    };
    for attr in &original.attrs {
        misspelled::report(attr, diagnostics);
        let Some(role) = Role::of(attr) else { continue };
        match field.role {
            None => field.take(role, attr, diagnostics),
            Some(first) => report_second_role(&field.ident, first, role, attr, diagnostics),
        }
    }
    Some(field)
}

impl FieldModel {
    fn take(&mut self, role: Role, attr: &Attribute, diagnostics: &mut Diagnostics) {
        let grammar = match role {
            Role::Input => INPUT,
            Role::Output => OUTPUT,
            Role::Meta => META,
        };
        self.role = Some(role);
        for Entry { value, .. } in grammar.read(attr, diagnostics) {
            match value {
                Value::Name(name) => self.rename = checked_name(name, diagnostics),
                Value::Text(desc) => {
                    self.desc = desc;
                    self.desc_given = true;
                }
                Value::Check(check) => self.checks.push(check),
                Value::Bound(bound) => self.bounds.push(bound),
                Value::Flag | Value::Path(_) => {}
            }
        }
    }
}

fn report_second_role(
    ident: &Ident,
    first: Role,
    second: Role,
    attr: &Attribute,
    diagnostics: &mut Diagnostics,
) {
    let name = plain_name(ident);
    let (first_name, second_name) = (first.name(), second.name());
    if first == second {
        diagnostics
            .error(attr, format!("field `{name}` is marked `#[{first_name}]` twice"))
            .help("put all options into one attribute");
    } else {
        diagnostics
            .error(attr, format!("field `{name}` has two roles; a field has exactly one"))
            .help(format!("it is already marked `#[{first_name}]`; remove that or this `#[{second_name}]`"));
    }
}

// Names stand between section markers, as JSON keys and as XML tags, so they are plain words.
fn checked_name(literal: LitStr, diagnostics: &mut Diagnostics) -> Option<LitStr> {
    let name = literal.value();
    let starts = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let goes_on = name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
    if starts && goes_on {
        return Some(literal);
    }
    diagnostics
        .error(&literal, format!("`{name}` cannot name a field in a prompt"))
        .help("use letters, digits, `_` and `-`, and begin with a letter");
    None
}
