//! Lists of wires.

use proc_macro2::{Ident, Span, TokenStream};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

use super::model::Wire;
use crate::diag::Diagnostic;

/// The written form of an attribute, and its end: what is missing at the end has no place of its own.
#[derive(Clone, Copy)]
pub(super) struct Usage {
    line: &'static str,
    end: Span,
}

impl Usage {
    pub(super) fn new(line: &'static str, tokens: &TokenStream) -> Self {
        let end = tokens.clone().into_iter().last();
        Self { line, end: end.map_or_else(Span::call_site, |last| last.span()) }
    }

    pub(super) fn error(self, input: ParseStream<'_>, message: &str) -> Diagnostic {
        let place = if input.is_empty() { self.end } else { input.span() };
        Diagnostic::at(place, message).with_help(self.line)
    }
}

/// The wires that a function takes, some of them by reference.
pub(super) fn arguments(input: ParseStream<'_>, usage: Usage) -> Result<Vec<Wire>, Diagnostic> {
    let mut wires = Vec::new();
    while !input.is_empty() {
        let borrowed = input.parse::<Option<Token![&]>>()?.is_some();
        wires.push(Wire { borrowed, ..wire(input, false, usage)? });
        if input.parse::<Option<Token![,]>>()?.is_none() {
            ended(input)?;
        }
    }
    Ok(wires)
}

/// At least one wire, up to what is not a comma.
pub(super) fn wires(input: ParseStream<'_>, typed: bool, usage: Usage) -> Result<Vec<Wire>, Diagnostic> {
    let mut wires = vec![wire(input, typed, usage)?];
    while input.parse::<Option<Token![,]>>()?.is_some() {
        if input.is_empty() || input.peek(Token![->]) {
            break;
        }
        wires.push(wire(input, typed, usage)?);
    }
    Ok(wires)
}

fn wire(input: ParseStream<'_>, typed: bool, usage: Usage) -> Result<Wire, Diagnostic> {
    if input.peek(Token![crate]) {
        let message = "expected the name of a wire; options stand after the wiring and a `;`";
        return Err(
            Diagnostic::at(input.span(), message).with_help("write `#[module(… -> …; crate = path)]`")
        );
    }
    if !input.peek(Ident::peek_any) {
        return Err(usage.error(input, "expected the name of a wire"));
    }
    let from: Ident = input.parse()?;
    if typed {
        if !input.peek(Token![:]) {
            let message = format!("`{from}` has no type; no task says what it is");
            return Err(Diagnostic::new(&from, message).with_help(format!("write `{from}: Type`")));
        }
        input.parse::<Token![:]>()?;
        return Ok(Wire { to: from.clone(), from, ty: Some(input.parse()?), borrowed: false });
    }
    let renamed = input.parse::<Option<Token![as]>>()?;
    let to = if renamed.is_some() { input.parse()? } else { from.clone() };
    Ok(Wire { from, to, ty: None, borrowed: false })
}

/// Parses the arrow between the two lists.
pub(super) fn arrow(input: ParseStream<'_>, usage: Usage) -> Result<(), Diagnostic> {
    match input.parse::<Token![->]>() {
        Ok(_) => Ok(()),
        Err(_) if input.is_empty() => Err(usage.error(input, "expected `->` and what comes out")),
        Err(_) => Err(usage.error(input, "expected `,` or `->`")),
    }
}

/// Checks that nothing else comes.
pub(super) fn ended(input: ParseStream<'_>) -> Result<(), Diagnostic> {
    match input.is_empty() {
        true => Ok(()),
        false => Err(Diagnostic::at(input.span(), "expected `,` between two wires")),
    }
}
