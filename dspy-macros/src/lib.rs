//! The macros of `dspy-runtime`, which exports them again.
//!
//! Use them from there; generated code names things of that crate.
//!
//! [`macro@signature`] makes a task for a language model from a struct, [`macro@module`] a program
//! from a struct of predictors and its `forward` or its wiring, [`macro@tool`] a tool from a function,
//! [`macro@value`] the type of a field from a struct or an enum.
//! [`predict!`] is a signature and its call in one expression, and [`include_artifact!`] puts what an
//! optimizer found into the program.
//!
//! `DSPY_MACROS_DEBUG=Support cargo check` prints what the macros make of the item `Support`, and
//! `DSPY_MACROS_DEBUG=*` everything. Cargo does not know of the variable: touch the file first.

mod artifact;
mod companion;
mod diag;
mod docs;
mod field_access;
mod gathered;
mod guard;
mod hash;
mod ident;
mod inline;
mod key;
mod krate;
mod misspelled;
mod module;
mod shim;
mod show;
mod signature;
mod suggest;
mod token_hash;
mod tokens;
mod tool;
mod value;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use guard::guarded;

#[doc = include_str!("../docs/signature.md")]
#[proc_macro_attribute]
pub fn signature(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(&item, Some(&item), || signature::attribute(args.into(), item.clone())).into()
}

#[doc = include_str!("../docs/module.md")]
#[proc_macro_attribute]
pub fn module(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(&item, Some(&item), || module::attribute(args.into(), item.clone())).into()
}

#[doc = include_str!("../docs/predict.md")]
#[proc_macro]
pub fn predict(tokens: TokenStream) -> TokenStream {
    let tokens = tokens.into();
    guarded(&tokens, None, || inline::call(tokens.clone())).into()
}

#[doc = include_str!("../docs/include_artifact.md")]
#[proc_macro]
pub fn include_artifact(tokens: TokenStream) -> TokenStream {
    let tokens = tokens.into();
    guarded(&tokens, None, || artifact::include(tokens.clone())).into()
}

#[doc = include_str!("../docs/tool.md")]
#[proc_macro_attribute]
pub fn tool(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(&item, Some(&item), || tool::attribute(args.into(), item.clone())).into()
}

#[doc = include_str!("../docs/value.md")]
#[proc_macro_attribute]
pub fn value(args: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    guarded(&item, Some(&item), || value::attribute(args.into(), item.clone())).into()
}

/// The work of `#[signature]`; an implementation detail.
#[doc(hidden)]
#[proc_macro_derive(Signature, attributes(dspy, input, output, meta))]
pub fn derive_signature(item: TokenStream) -> TokenStream {
    let item = item.into();
    guarded(&item, None, || signature::derive(item.clone())).into()
}

/// The work of `#[module]` on a struct; an implementation detail.
#[doc(hidden)]
#[proc_macro_derive(Module, attributes(dspy, call, frozen, plain))]
pub fn derive_module(item: TokenStream) -> TokenStream {
    let item = item.into();
    guarded(&item, None, || module::derive(item.clone())).into()
}
