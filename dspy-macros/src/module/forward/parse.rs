//! The parser of the block into the model, past everything that is not the head of a function.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Generics, Path, Signature, Token, Type, Visibility, token};

use super::model::BlockModel;
use crate::diag::Diagnostics;
use crate::key::{Entry, Form, Grammar, Key, Value};
use crate::krate::Krate;
use crate::module::wiring;
use crate::token_hash;

const MODULE: Grammar = Grammar { name: "module", keys: &[Key { name: "crate", form: Form::Path }] };

/// Reads the block; nothing when not even its head can be read.
pub(crate) fn block(
    args: &TokenStream,
    item: &TokenStream,
    diagnostics: &mut Diagnostics,
) -> Option<BlockModel> {
    let krate = krate(args, diagnostics);
    let parser = |input: ParseStream<'_>| head(input, krate);
    match parser.parse2(item.clone()) {
        Ok(model) => Some(BlockModel { wiring: token_hash::fingerprint(item), ..model }),
        Err(error) => {
            diagnostics.syntax(error);
            None
        }
    }
}

fn krate(args: &TokenStream, diagnostics: &mut Diagnostics) -> Krate {
    let (wiring, args) = wiring::split(args.clone());
    if let Some(wiring) = wiring {
        diagnostics
            .error(wiring, "wiring stands on the struct; a block with a `forward` has its own")
            .help("move it to the `#[module]` above the struct, and remove this block");
    }
    let attr: Attribute = syn::parse_quote!(#[module(#args)]);
    let entries = MODULE.read(&attr, diagnostics);
    let path = entries.into_iter().find_map(|Entry { value, .. }| match value {
        Value::Path(path) => Some(path),
        _ => None,
    });
    Krate::new(path)
}

fn head(input: ParseStream<'_>, krate: Krate) -> syn::Result<BlockModel> {
    input.call(Attribute::parse_outer)?;
    input.parse::<Option<Token![unsafe]>>()?;
    input.parse::<Token![impl]>()?;
    // `impl <T as Trait>::Assoc {}` begins with `<` too, but nobody writes a program so.
    let mut generics: Generics = input.parse()?;
    let first: Type = input.parse()?;
    let (trait_, self_ty) = if input.parse::<Option<Token![for]>>()?.is_some() {
        (path_of(&first), input.parse()?)
    } else {
        (None, first)
    };
    generics.where_clause = input.parse()?;
    let body;
    syn::braced!(body in input);
    let methods = methods(&body);
    // What follows is not ours to judge.
    input.parse::<TokenStream>()?;
    Ok(BlockModel { krate, generics, trait_, self_ty, methods: methods?, wiring: String::new() })
}

fn path_of(ty: &Type) -> Option<Path> {
    match ty {
        Type::Path(path) => Some(path.path.clone()),
        _ => None,
    }
}

// Heads that syn cannot read are rustc's to report, except the one that this macro needs.
fn methods(body: ParseStream<'_>) -> syn::Result<Vec<Signature>> {
    let mut methods = Vec::new();
    body.call(Attribute::parse_inner)?;
    while !body.is_empty() {
        body.call(Attribute::parse_outer)?;
        body.parse::<Visibility>()?;
        let is_forward = is_forward(&body.fork());
        match body.fork().parse::<Signature>() {
            Ok(_) => methods.push(body.parse()?),
            Err(error) if is_forward => return Err(error),
            Err(_) => {}
        }
        skip_rest(body)?;
    }
    Ok(methods)
}

fn is_forward(ahead: ParseStream<'_>) -> bool {
    while let Ok(token) = ahead.parse::<TokenTree>() {
        match token {
            TokenTree::Ident(ident) if ident == "fn" => {
                return ahead.parse::<proc_macro2::Ident>().is_ok_and(|name| name == "forward");
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {}
            TokenTree::Group(_) | TokenTree::Punct(_) => return false,
        }
    }
    false
}

// An item ends with its `;` or its braces. `const X: T = { … };` leaves a `;` behind, which is
// then an item of nothing.
fn skip_rest(body: ParseStream<'_>) -> syn::Result<()> {
    while !body.is_empty() {
        if body.peek(Token![;]) || body.peek(token::Brace) {
            body.parse::<TokenTree>()?;
            return Ok(());
        }
        if let TokenTree::Group(group) = body.parse()?
            && group.delimiter() == Delimiter::Brace
        {
            return Ok(());
        }
    }
    Ok(())
}
