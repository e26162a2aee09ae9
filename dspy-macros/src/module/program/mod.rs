//! `#[module]` on a struct: where its predictors are, and how it is made.

mod build;
mod check;
mod expand;
mod fallback;
mod model;
mod parse;
mod shim;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

pub(crate) use shim::program as attribute;

use crate::diag::Diagnostics;

/// The hidden derive: parse, check, expand.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut diagnostics = Diagnostics::default();
    let model = parse::program(input, &mut diagnostics);
    check::program(&model, &mut diagnostics);
    if diagnostics.is_empty() {
        return expand::program(&model);
    }
    let stubs = fallback::program(&model);
    let errors = diagnostics.into_tokens();
    quote!(#errors #stubs)
}
