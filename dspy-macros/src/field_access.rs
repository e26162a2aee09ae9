//! Keeps one mistake in a type of the user's one error.
//!
//! Generated code writes, reads, clones and visits through `__Edge::<T>::…`, types of the runtime
//! whose functions do nothing where `T` cannot do it. One assertion, on the type in the user's
//! struct, says so; no other place does.

use proc_macro2::TokenStream;
use quote::quote;

use crate::krate::Krate;

/// The edge between the typed fields of a struct and records; once for each `const _` block.
pub(crate) fn fields(krate: &Krate) -> TokenStream {
    import(krate, &quote!(Field), &quote!(NoField))
}

/// The edge for the fields of a program, and the two visits of its predictors.
pub(crate) fn parts(krate: &Krate) -> TokenStream {
    import(krate, &quote!(Part), &quote!(NoPart))
}

/// The edge for the value that `forward` returns.
pub(crate) fn result(krate: &Krate) -> TokenStream {
    import(krate, &quote!(Returned), &quote!(NoReturned))
}

// The trait is used after an error, and by structs that only hold predictors; the type only by structs with fields.
fn import(krate: &Krate, edge: &TokenStream, otherwise: &TokenStream) -> TokenStream {
    let private = krate.private();
    quote! {
        #[allow(unused_imports)]
        use #private::field_access::{#edge as __Edge, #otherwise as _};
    }
}
