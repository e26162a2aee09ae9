//! The data flow for the documentation of the program.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Data, DeriveInput, Meta, parse_quote};

use super::model::Call;
use super::parse;
use crate::ident::plain_name;

/// The lines of a doc comment; nothing for a program without wiring, or with mistakes in it.
pub(crate) fn table(args: &TokenStream, input: &DeriveInput) -> Vec<Attribute> {
    let lines = parse::split(args.clone()).0.and_then(|wiring| lines(&wiring, input)).unwrap_or_default();
    lines.iter().map(|line| parse_quote!(#[doc = #line])).collect()
}

fn lines(wiring: &TokenStream, input: &DeriveInput) -> Option<Vec<String>> {
    let wiring = parse::wiring(wiring).ok()?;
    let mut calls: Vec<Call> = Vec::new();
    for attr in input.attrs.iter().filter_map(tokens) {
        calls.push(parse::call(attr, None).ok()?);
    }
    let Data::Struct(data) = &input.data else { return None };
    for field in &data.fields {
        for attr in field.attrs.iter().filter_map(tokens) {
            calls.push(parse::call(attr, Some((field.ident.clone()?, field.ty.clone()))).ok()?);
        }
    }
    let mut lines = vec![
        String::new(),
        " # Data flow".to_owned(),
        String::new(),
        " | call | takes | gives |".to_owned(),
        " |---|---|---|".to_owned(),
        format!(" | *input* | | {} |", names(wiring.inputs.iter().map(|wire| &wire.to))),
    ];
    for call in &calls {
        let (takes, gives) =
            (names(call.takes.iter().map(|wire| &wire.from)), names(call.gives.iter().map(|wire| &wire.to)));
        lines.push(format!(" | `{}` | {takes} | {gives} |", call.name()));
    }
    lines.push(format!(" | *output* | {} | |", names(wiring.outputs.iter().map(|wire| &wire.from))));
    Some(lines)
}

fn names<'a>(wires: impl Iterator<Item = &'a Ident>) -> String {
    wires.map(|wire| format!("`{}`", plain_name(wire))).collect::<Vec<_>>().join(", ")
}

fn tokens(attr: &Attribute) -> Option<TokenStream> {
    match &attr.meta {
        Meta::List(list) if attr.path().is_ident("call") => Some(list.tokens.clone()),
        _ => None,
    }
}
