//! The items beside a program with mistakes, so that code which uses it adds none.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Data;

use super::model::{ProgramModel, Wired};
use super::{build, expand};
use crate::module::{call, wiring};

/// Impls that only have to pass the type checker.
pub(crate) fn program(model: &ProgramModel) -> TokenStream {
    if matches!(model.original.data, Data::Union(_)) {
        // A program can be cloned, which only rustc could do for a union.
        return TokenStream::new();
    }
    let private = model.krate.private();
    let ident = model.ident();
    let generics = &model.original.generics;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let program = expand::named(model);
    let stub = quote!(::core::unimplemented!());
    let build = if model.builds_itself() {
        let constructors = build::stub_constructors(model);
        quote! {
            #[automatically_derived]
            impl #impl_generics #private::Build for #ident #ty_generics #where_clause {
                fn build() -> Self {
                    #stub
                }
            }
            #constructors
        }
    } else {
        TokenStream::new()
    };
    let module = match model.wired() {
        Some(wired) => wiring::stub(wired),
        None if matches!(model.wiring, Wired::Broken) || !model.calls.is_empty() => {
            call::any(&model.krate, generics, &quote!(#ident #ty_generics))
        }
        None => TokenStream::new(),
    };
    quote! {
        #module
        #[allow(deprecated)]
        const _: () = {
            #[automatically_derived]
            impl #impl_generics #private::Predictors for #ident #ty_generics #where_clause {
                fn visit(&self, _: &mut #private::Visit<'_>) {}
                fn visit_mut(&mut self, _: &mut #private::VisitMut<'_>) {}
            }
            #program
            #build
        };
    }
}
