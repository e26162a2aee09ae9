//! The attribute `#[module]` on a struct: hands the struct to the derive.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Path, Token};

use super::model::PartKind;
use crate::misspelled::{self, Helpers};
use crate::module::wiring;
use crate::shim;

/// The struct as written, with the derive above it, and `Clone`: a search tries many versions
/// of a program at the same time.
pub(crate) fn program(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut input: DeriveInput = match syn::parse2(item.clone()) {
        Ok(input) => input,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#error #item);
        }
    };
    let table = wiring::table(&args, &input);
    if let Data::Struct(data) = &mut input.data {
        for field in &mut data.fields {
            misspelled::mend(&mut field.attrs, Helpers(&PartKind::NAMES));
        }
    }
    let private = shim::krate(&args).private();
    // A union is an error already, and cannot be cloned unless it is `Copy`.
    let clone = match (&input.data, derives_clone(&input)) {
        (Data::Union(_), _) | (_, true) => TokenStream::new(),
        (_, false) => quote!(#[derive(::core::clone::Clone)]),
    };
    input.attrs.extend(table);
    quote! {
        #clone
        #[derive(#private::Module)]
        #[dspy(#args)]
        #input
    }
}

fn derives_clone(input: &DeriveInput) -> bool {
    input.attrs.iter().filter(|attr| attr.path().is_ident("derive")).any(|attr| {
        let paths = attr.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated);
        paths.is_ok_and(|paths| {
            paths.iter().any(|path| path.segments.last().is_some_and(|last| last.ident == "Clone"))
        })
    })
}
