//! `#[signature]`: a thin attribute over a hidden derive.
//!
//! The attribute is needed to be written alone above the struct and to see misspelled roles
//! before rustc does. The work is a derive's, because a derive is given the struct after
//! `#[cfg]`, may leave helper attributes on fields, and cannot lose the struct.

mod bounds;
mod check;
mod expand;
mod fallback;
mod lifetime;
mod model;
mod parse;
mod shim;

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

pub(crate) use lifetime::{name_elided, owned};
pub(crate) use shim::signature as attribute;

use crate::diag::Diagnostics;

/// The hidden derive: parse, check, expand.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.into_compile_error(),
    };
    let mut diagnostics = Diagnostics::default();
    let mut model = parse::signature(input, &mut diagnostics);
    check::signature(&model, &mut diagnostics);
    if diagnostics.is_empty() {
        return expand::signature(&model);
    }
    let stubs = fallback::signature(&mut model);
    let errors = diagnostics.into_tokens();
    quote!(#errors #stubs)
}
