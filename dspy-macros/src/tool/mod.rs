//! `#[tool]`: a function that an agent may call.

mod check;
mod expand;
mod model;
mod parse;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diag::Diagnostics;

/// The function as written, and its tool.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let Some(model) = parse::tool(&args, &item, &mut diagnostics) else {
        let errors = diagnostics.into_tokens();
        return quote!(#errors #item);
    };
    check::tool(&model, &mut diagnostics);
    let tool = match diagnostics.is_empty() {
        true => expand::tool(&model),
        // No item can stand beside a method.
        false if model.head.receiver().is_some() => TokenStream::new(),
        false => expand::stub(&model),
    };
    let errors = diagnostics.into_tokens();
    let function = model.function();
    quote!(#errors #function #tool)
}
