//! Our attributes that are spelled wrong.
//!
//! rustc reports an attribute that it does not know, and the macro would then report a field
//! without one. So the right spelling is put in place, and a note for the derive keeps the
//! wrong one, to be reported once and in its turn.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Attribute, Meta, Path, Token, parse_quote};

use crate::diag::Diagnostics;
use crate::suggest;

/// The names of the helper attributes that a derive has.
#[derive(Clone, Copy)]
pub(crate) struct Helpers<'a>(pub(crate) &'a [&'static str]);

/// Corrects misspelled attributes, and leaves `#[dspy(typed = meant)]` for the derive.
pub(crate) fn mend(attrs: &mut Vec<Attribute>, helpers: Helpers<'_>) {
    let mut notes: Vec<Attribute> = Vec::new();
    for attr in attrs.iter_mut() {
        let Some((typed, meant)) = misspelling(attr, helpers) else {
            continue;
        };
        notes.push(parse_quote!(#[dspy(#typed = #meant)]));
        *path_mut(&mut attr.meta) = meant.into();
    }
    attrs.extend(notes);
}

/// Reports the misspelling that a note of [`mend`] keeps.
pub(crate) fn report(attr: &Attribute, diagnostics: &mut Diagnostics) {
    if !attr.path().is_ident("dspy") {
        return;
    }
    let names = attr.parse_args_with(|input: ParseStream<'_>| {
        let typed: Ident = input.parse()?;
        let _: Token![=] = input.parse()?;
        let meant: Ident = input.parse()?;
        Ok((typed, meant))
    });
    if let Ok((typed, meant)) = names {
        let message = format!("unknown attribute `{typed}`; did you mean `{meant}`?");
        diagnostics.error(&typed, message);
    }
}

fn misspelling(attr: &Attribute, Helpers(names): Helpers<'_>) -> Option<(Ident, Ident)> {
    let typed = attr.path().get_ident()?;
    let name = typed.to_string();
    if names.contains(&name.as_str()) || WELL_KNOWN.contains(&name.as_str()) {
        return None;
    }
    let meant = suggest::nearest(&name, names.iter().copied())?;
    Some((typed.clone(), Ident::new(meant, typed.span())))
}

fn path_mut(meta: &mut Meta) -> &mut Path {
    match meta {
        Meta::Path(path) => path,
        Meta::List(list) => &mut list.path,
        Meta::NameValue(pair) => &mut pair.path,
    }
}

// Attributes that others own, should one of ours ever come near to them.
const WELL_KNOWN: [&str; 14] = [
    "allow",
    "cfg",
    "cfg_attr",
    "clap",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "must_use",
    "pin",
    "schemars",
    "serde",
    "warn",
];
