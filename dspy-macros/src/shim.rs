//! The preparation that both attributes need before the derive has read their options.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Path, Token};

use crate::krate::Krate;

/// The crate to name, from options that nobody has checked yet.
///
/// The path to the derive is needed first. Any mistake in the options is left to the derive.
pub(crate) fn krate(args: &TokenStream) -> Krate {
    let find = |input: ParseStream<'_>| {
        let mut path: Option<Path> = None;
        while !input.is_empty() {
            if input.peek(Token![crate]) && input.peek2(Token![=]) {
                Ident::parse_any(input)?;
                input.parse::<Token![=]>()?;
                path = input.call(Path::parse_mod_style).ok();
            } else {
                input.parse::<TokenTree>()?;
            }
        }
        Ok(path)
    };
    Krate::new(find.parse2(args.clone()).ok().flatten())
}
