//! The data flow for the documentation of the program.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Data, DeriveInput, Field, Meta, parse_quote};

use super::model::Call;
use super::parse;
use crate::ident::plain_name;

/// The lines of a doc comment; nothing for a program without wiring, or with mistakes in it.
pub(crate) fn table(args: &TokenStream, input: &DeriveInput) -> Vec<Attribute> {
    parse::split(args.clone()).0.and_then(|wiring| lines(&wiring, input)).unwrap_or_default()
}

fn lines(wiring: &TokenStream, input: &DeriveInput) -> Option<Vec<Attribute>> {
    let wiring = parse::wiring(wiring).ok()?;
    let Data::Struct(data) = &input.data else { return None };
    let mut rows = Vec::new();
    for attr in input.attrs.iter().filter_map(tokens) {
        rows.push(line(&row(&parse::call(attr, None).ok()?)));
    }
    for field in &data.fields {
        for attr in field.attrs.iter().filter_map(tokens) {
            let call = parse::call(attr, Some((field.ident.clone()?, field.ty.clone()))).ok()?;
            rows.push(line_if(&conditions(field), &row(&call)));
        }
    }
    let head = ["", " # Data flow", "", " | call | takes | gives |", " |---|---|---|"];
    let mut lines: Vec<Attribute> = head.into_iter().map(line).collect();
    lines.push(line(&format!(" | *input* | | {} |", names(wiring.inputs.iter().map(|wire| &wire.to)))));
    lines.append(&mut rows);
    lines.push(line(&format!(" | *output* | {} | |", names(wiring.outputs.iter().map(|wire| &wire.from)))));
    Some(lines)
}

fn row(call: &Call) -> String {
    let takes = names(call.takes.iter().map(|wire| &wire.from));
    let gives = names(call.gives.iter().map(|wire| &wire.to));
    format!(" | `{}` | {takes} | {gives} |", call.name())
}

fn line(text: &str) -> Attribute {
    parse_quote!(#[doc = #text])
}

// The attribute sees fields that `#[cfg]` is about to take away, and so does not know which stay.
fn line_if(conditions: &[TokenStream], text: &str) -> Attribute {
    match conditions {
        [] => line(text),
        several => parse_quote!(#[cfg_attr(all(#(#several),*), doc = #text)]),
    }
}

fn conditions(field: &Field) -> Vec<TokenStream> {
    let cfg = |attr: &Attribute| match &attr.meta {
        Meta::List(list) if attr.path().is_ident("cfg") => Some(list.tokens.clone()),
        _ => None,
    };
    field.attrs.iter().filter_map(cfg).collect()
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
