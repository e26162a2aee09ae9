//! The macros of `dspy-runtime`. Use them from there: `use dspy::{module, signature};`.

mod companion;
mod diag;
mod docs;
mod edge;
mod guard;
mod ident;
mod key;
mod krate;
mod misspelled;
mod module;
mod shim;
mod signature;
mod suggest;
mod tokens;

use proc_macro::TokenStream;

use guard::guarded;

/// Signature.
#[proc_macro_attribute]
pub fn signature(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(Some(item.clone()), || {
        signature::attribute(args.into(), item)
    })
    .into()
}

/// Module.
#[proc_macro_attribute]
pub fn module(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(Some(item.clone()), || module::attribute(args.into(), item)).into()
}

/// The work of `#[signature]`; an implementation detail.
#[doc(hidden)]
#[proc_macro_derive(Signature, attributes(dspy, input, output, meta))]
pub fn derive_signature(item: TokenStream) -> TokenStream {
    guarded(None, || signature::derive(item.into())).into()
}

/// The work of `#[module]` on a struct; an implementation detail.
#[doc(hidden)]
#[proc_macro_derive(Module, attributes(dspy, frozen, plain))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    guarded(None, || module::derive(item.into())).into()
}
