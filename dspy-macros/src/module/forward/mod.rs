//! `#[module]` on an `impl` block: `forward` becomes the program's `Module`.
//!
//! Bodies are never looked at. The block is emitted as it was written, whatever is wrong with
//! it, so that an editor keeps what it knows about a function that is half typed.

mod arguments;
mod check;
mod expand;
mod fallback;
mod model;
mod parse;
mod result;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diag::Diagnostics;

/// The block as written, and what makes it a module.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let Some(model) = parse::block(&args, &item, &mut diagnostics) else {
        let errors = diagnostics.into_tokens();
        return quote!(#errors #item);
    };
    let shape = check::block(&model, &mut diagnostics);
    let added = match shape {
        Some(shape) if diagnostics.is_empty() => expand::module(&model, &shape),
        shape => fallback::module(&model, shape),
    };
    let errors = diagnostics.into_tokens();
    quote!(#errors #item #added)
}
