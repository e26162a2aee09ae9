//! The parser of the wiring.

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseBuffer, ParseStream, Parser};
use syn::{Path, Token, Type, token};

use super::list::{Usage, arguments, arrow, ended, wires};
use super::model::{Call, Step, Task, Wiring};
use crate::diag::Diagnostic;

const EXPECTED: &str =
    "write `#[module(Task: inputs -> outputs)]`, or `#[module(input: Type -> output: Type)]`";
const EXPECTED_CALL: &str = "write `#[call(inputs -> outputs)]`";
const EXPECTED_STEP: &str = "write `#[call(fn name(inputs) -> output)]`";

/// Parses the tokens between the parentheses of `#[module(…)]`: the wiring, if there is one, and the options.
///
/// No option has a `:` or a `->`. The options come after the wiring and a `;`, because after a comma
/// they would be outputs.
pub(crate) fn split(args: TokenStream) -> (Option<TokenStream>, TokenStream) {
    if !args.clone().into_iter().any(|token| is_punct(&token, '>')) && colons(&args) == 0 {
        return (None, args);
    }
    let mut tokens = args.into_iter();
    let wiring = tokens.by_ref().take_while(|token| !is_punct(token, ';')).collect();
    (Some(wiring), tokens.collect())
}

/// Reads the wiring of the program.
pub(crate) fn wiring(tokens: &TokenStream) -> Result<Wiring, Diagnostic> {
    let in_place = types_in_place(tokens);
    let usage = Usage::new(EXPECTED, tokens);
    let parser = |input: ParseStream<'_>| {
        let read = || {
            let task = if in_place {
                Task::InPlace
            } else {
                let path = input.call(Path::parse_mod_style)?;
                input.parse::<Token![:]>().map_err(|_| {
                    Diagnostic::new(&path, "this wiring has no task; its types would be nowhere")
                        .with_help(EXPECTED)
                })?;
                Task::Signature(path)
            };
            let inputs = wires(input, in_place, usage)?;
            arrow(input, usage)?;
            let outputs = wires(input, in_place, usage)?;
            ended(input)?;
            Ok(Wiring { task, inputs, outputs })
        };
        Ok(finished(input, read()))
    };
    parser.parse2(tokens.clone()).unwrap_or_else(|error| Err(error.into()))
}

/// Reads a `#[call(…)]`; on a field it calls what is in the field, on the struct a function.
pub(crate) fn call(tokens: TokenStream, field: Option<(Ident, Type)>) -> Result<Call, Diagnostic> {
    let parser = |input: ParseStream<'_>| {
        let read = || match &field {
            Some((ident, ty)) => {
                if input.peek(Token![fn]) {
                    return Err(Diagnostic::at(
                        input.span(),
                        "on a field, `#[call]` runs what is in the field",
                    )
                    .with_help("put this line on the struct, below `#[module]`"));
                }
                let usage = Usage::new(EXPECTED_CALL, &tokens);
                let takes = wires(input, false, usage)?;
                arrow(input, usage)?;
                let gives = wires(input, false, usage)?;
                ended(input)?;
                let step = Step::Field { ident: ident.clone(), ty: Box::new(ty.clone()) };
                Ok(Call { step, takes, gives })
            }
            None => function(input, Usage::new(EXPECTED_STEP, &tokens)),
        };
        Ok(finished(input, read()))
    };
    parser.parse2(tokens.clone()).unwrap_or_else(|error| Err(error.into()))
}

fn function(input: ParseStream<'_>, usage: Usage) -> Result<Call, Diagnostic> {
    if !input.peek(Token![fn]) {
        return Err(
            Diagnostic::at(input.span(), "on the struct, `#[call]` runs a function").with_help(EXPECTED_STEP)
        );
    }
    input.parse::<Token![fn]>()?;
    let path = input.call(Path::parse_mod_style)?;
    if !input.peek(token::Paren) {
        return Err(usage.error(input, "expected the wires that the function takes"));
    }
    let content = parenthesized(input)?;
    let takes = if content.is_empty() { Vec::new() } else { arguments(&content, usage)? };
    arrow(input, usage)?;
    let gives = wires(input, false, usage)?;
    ended(input)?;
    match takes.iter().chain(&gives).find(|wire| wire.from != wire.to) {
        None => Ok(Call { step: Step::Function(path), takes, gives }),
        Some(wire) => {
            let message = "a function has no fields to rename; its wires go by their order";
            Err(Diagnostic::new(&wire.to, message).with_help("leave the `as` out"))
        }
    }
}

fn parenthesized(input: ParseStream<'_>) -> syn::Result<ParseBuffer<'_>> {
    let content;
    syn::parenthesized!(content in input);
    Ok(content)
}

// syn would report what an error has left unread a second time.
fn finished<T>(input: ParseStream<'_>, read: Result<T, Diagnostic>) -> Result<T, Diagnostic> {
    let _ = input.parse::<TokenStream>();
    read
}

// `Task: a -> b` and `a: Type -> b: Type` begin alike. A task is the only one with a `:`, and types
// begin with a capital where wires do not.
fn types_in_place(tokens: &TokenStream) -> bool {
    let mut first = tokens.clone().into_iter();
    let (name, next) = (first.next(), first.next());
    let is_wire = match (&name, &next) {
        (Some(TokenTree::Ident(name)), Some(next)) => {
            is_single_colon(next) && !name.unraw().to_string().starts_with(char::is_uppercase)
        }
        _ => false,
    };
    is_wire || colons(tokens) > 1
}

// How many `:` there are that are not half of a `::`.
fn colons(tokens: &TokenStream) -> usize {
    let mut joined = false;
    let mut count = 0;
    for token in tokens.clone() {
        let colon = is_punct(&token, ':');
        let joins = matches!(&token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
        if colon && !joins && !joined {
            count += 1;
        }
        joined = colon && joins;
    }
    count
}

fn is_single_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Alone)
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}
