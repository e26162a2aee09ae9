//! `predict!`: a signature and its call in one expression.

mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diag::Diagnostics;

/// The future of the call.
pub(crate) fn call(tokens: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let model = parse::call(tokens, &mut diagnostics);
    if diagnostics.is_empty()
        && let Some(model) = model
    {
        return expand::call(&model);
    }
    // An expression that is an error has every type, so that nothing around it is one too.
    let errors = diagnostics.into_expressions();
    quote!({ #(#errors);* })
}
