//! The value, and the assertion that it fits the program.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{LitStr, Type};

use super::file::Entry;
use crate::krate::Krate;

/// The expression. `include_str!` makes the file a dependency of the build.
pub(super) fn included(krate: &Krate, program: &Type, path: &LitStr, entries: &[Entry]) -> TokenStream {
    let assertion =
        if entries.is_empty() { TokenStream::new() } else { assertion(krate, program, path, entries) };
    let value = quote!(#krate::artifact::IncludedArtifact::<#program>::new(::core::include_str!(#path)));
    quote!({ #assertion #value })
}

// At the path: that is what does not fit. The panic is here and not in the runtime, where rustc would
// show how it came to it.
fn assertion(krate: &Krate, program: &Type, path: &LitStr, entries: &[Entry]) -> TokenStream {
    let private = krate.private();
    let entries = entries.iter().map(|Entry { path, inputs, outputs }| {
        quote!(#private::ArtifactEntry { path: #path, inputs: &[#(#inputs),*], outputs: &[#(#outputs),*] })
    });
    let shape = quote!(<#program as #private::Predictors>::SHAPE);
    let differences = quote!(#private::differences(&#shape, &[#(#entries),*]));
    let panic = quote_spanned!(path.span()=> ::core::panic!("{}", __DIFFERENCES.text()));
    let braces = quote_spanned!(path.span()=> { if !__DIFFERENCES.is_empty() { #panic } });
    quote! {
        const __DIFFERENCES: #private::Differences = #differences;
        const _: () = #braces;
    }
}
