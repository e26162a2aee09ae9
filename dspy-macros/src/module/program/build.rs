//! `new` and `load`, and what they are made of.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Generics, Type, WherePredicate, parse_quote_spanned};

use super::model::ProgramModel;

/// `impl Build`, and the impl of `new` and `load`, which stands in the user's own module: errors
/// and documentation then call them by the name of the struct alone.
pub(super) fn program(model: &ProgramModel) -> (TokenStream, TokenStream) {
    let private = model.krate.private();
    let ident = model.ident();
    let generics = with_bounds(model);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let members = model.fields.iter().map(|part| &part.ident);
    let build = quote!(<Self as #private::Build>::build());
    let (path, cx) = arguments(model);
    let constructors = constructors(
        model,
        &quote!(#private::named(#build)),
        &quote!(#private::load(#build, ::core::convert::AsRef::as_ref(&#path), #cx)),
        &generics,
    );
    let build = quote! {
        #[automatically_derived]
        impl #impl_generics #private::Build for #ident #ty_generics #where_clause {
            fn build() -> Self {
                Self { #(#members: #private::Build::build(),)* }
            }
        }
    };
    (build, constructors)
}

/// `new` and `load` with nothing behind them, for a program with mistakes.
pub(super) fn stub_constructors(model: &ProgramModel) -> TokenStream {
    let (path, cx) = arguments(model);
    let new = quote!(::core::unimplemented!());
    let load = quote!(let _ = (#path, #cx); ::core::unimplemented!());
    constructors(model, &new, &load, &model.original.generics)
}

fn constructors(
    model: &ProgramModel,
    new: &TokenStream,
    load: &TokenStream,
    generics: &Generics,
) -> TokenStream {
    let krate = &model.krate;
    let private = krate.private();
    let (ident, vis) = (model.ident(), &model.original.vis);
    let (impl_generics, ty_generics, _) = model.original.generics.split_for_impl();
    let own_clause = &model.original.generics.where_clause;
    let bounds = &generics.where_clause;
    let (path, cx) = arguments(model);
    // At the struct's name, so that rustc points there when the user has a `new` too.
    quote_spanned! {ident.span()=>
        // Not everybody needs both, and `Default` would promise that making one is nothing.
        #[allow(dead_code, deprecated, unused_lifetimes, clippy::new_without_default, clippy::must_use_candidate)]
        impl #impl_generics #ident #ty_generics #own_clause {
            /// Makes the program, with every predictor as its signature describes it.
            #vis fn new() -> Self #bounds {
                #new
            }
            /// Makes the program with what an artifact holds: the instructions and
            /// demonstrations that an optimizer found.
            ///
            /// # Errors
            ///
            /// When the file cannot be read, when it is no artifact of this program, or when it
            /// was made for other signatures or another model than this context has. The error
            /// says what differs.
            #vis fn load(
                #path: impl ::core::convert::AsRef<#private::Path>,
                #cx: &#krate::Context,
            ) -> #krate::Result<Self> #bounds {
                #load
            }
        }
    }
}

// The arguments of `load`; one hygiene for where they are named and where they are used.
fn arguments(model: &ProgramModel) -> (Ident, Ident) {
    let span = model.ident().span();
    (Ident::new("path", span), Ident::new("cx", span))
}

// Every field has to be buildable. A bound without parameters is checked where it stands, which
// would make a program with a field of another kind an error here, before anybody asked for
// `new`; under a `for` it waits until it is used.
fn with_bounds(model: &ProgramModel) -> Generics {
    let span = model.ident().span();
    let private = model.krate.private_at(span);
    let mut generics = model.original.generics.clone();
    let mut seen: Vec<String> = Vec::new();
    for part in &model.fields {
        let ty: &Type = &part.ty;
        let printed = ty.to_token_stream().to_string();
        if seen.contains(&printed) {
            continue;
        }
        seen.push(printed);
        let bound: WherePredicate = parse_quote_spanned!(span=> for<'__dspy> #ty: #private::Build);
        generics.make_where_clause().predicates.push(bound);
    }
    generics
}
