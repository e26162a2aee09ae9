//! The items beside the struct when it has mistakes: the same names, with nothing behind them, so
//! that code which uses them adds no error of its own.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{GenericParam, Generics, parse_quote};

use super::expand::side;
use super::model::{Role, SignatureModel};
use crate::companion::Companion;
use crate::ident::companion;
use crate::tokens::mentions;

/// Companions and impls that only have to pass the type checker.
pub(crate) fn signature(model: &mut SignatureModel) -> TokenStream {
    guess_roles(model);
    let model = &*model;
    let krate = &model.krate;
    let private = krate.private();
    let ident = model.ident();
    let generics = loose(&model.original.generics);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let whole = stub_carrier(model, ident, &generics);
    let (input_ident, output_ident) = (companion(ident, "Input"), companion(ident, "Output"));
    let (input, input_generics) = stub_side(model, &side(model, Role::Input), &generics);
    let (output, output_generics) = stub_side(model, &side(model, Role::Output), &generics);
    let (_, input_generics, _) = input_generics.split_for_impl();
    let (_, output_generics, _) = output_generics.split_for_impl();
    quote! {
        #input
        #output
        #[allow(deprecated)]
        const _: () = {
            #whole
            #[automatically_derived]
            impl #impl_generics #krate::Signature for #ident #ty_generics #where_clause {
                type Input = #input_ident #input_generics;
                type Output = #output_ident #output_generics;
                fn schema() -> &'static #private::Schema {
                    ::core::unimplemented!()
                }
            }
            #[automatically_derived]
            impl #impl_generics #krate::signature::Row for #ident #ty_generics #where_clause {
                fn input(&self) -> #input_ident #input_generics {
                    ::core::unimplemented!()
                }
                fn output(&self) -> #output_ident #output_generics {
                    ::core::unimplemented!()
                }
            }
        };
    }
}

// A forgotten role is most often that of the field above; outputs come last.
fn guess_roles(model: &mut SignatureModel) {
    let no_output = !model.fields.iter().any(|field| field.role == Some(Role::Output));
    let last = model.fields.len();
    let mut above = Role::Input;
    for (index, field) in model.fields.iter_mut().enumerate() {
        let guess = if no_output && index + 1 == last { Role::Output } else { above };
        let role = *field.role.get_or_insert(guess);
        if role != Role::Meta {
            above = role;
        }
    }
}

fn stub_side(model: &SignatureModel, side: &Companion<'_>, generics: &Generics) -> (TokenStream, Generics) {
    let generics = used(generics, side);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let Companion { attrs, vis, ident, fields, .. } = side;
    let fields = fields.iter().map(|field| {
        let (attrs, vis, ident, ty) = (&field.attrs, field.vis, field.ident, field.ty);
        quote!(#attrs #vis #ident: #ty)
    });
    let private = model.krate.private();
    let carrier = stub_carrier(model, ident, &generics);
    let mut with_de = generics.clone();
    with_de.params.insert(0, parse_quote!('__de));
    let (de_generics, _, _) = with_de.split_for_impl();
    let tokens = quote! {
        #attrs
        #[allow(dead_code)]
        #vis struct #ident #generics #where_clause {
            #(#fields,)*
        }
        const _: () = {
            #carrier
            #[automatically_derived]
            impl #impl_generics ::core::clone::Clone for #ident #ty_generics #where_clause {
                fn clone(&self) -> Self {
                    ::core::unimplemented!()
                }
            }
            #[automatically_derived]
            impl #impl_generics ::core::fmt::Debug for #ident #ty_generics #where_clause {
                fn fmt(&self, _: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::unimplemented!()
                }
            }
            #[automatically_derived]
            impl #impl_generics #private::serde::Serialize for #ident #ty_generics #where_clause {
                fn serialize<__S: #private::serde::Serializer>(
                    &self,
                    _: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    ::core::unimplemented!()
                }
            }
            #[automatically_derived]
            impl #de_generics #private::serde::Deserialize<'__de> for #ident #ty_generics #where_clause {
                fn deserialize<__D: #private::serde::Deserializer<'__de>>(
                    _: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    ::core::unimplemented!()
                }
            }
        };
    };
    (tokens, generics)
}

fn stub_carrier(model: &SignatureModel, ident: &Ident, generics: &Generics) -> TokenStream {
    let private = model.krate.private();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Fields for #ident #ty_generics #where_clause {
            type Answer = Self;
            fn into_answer(self) -> Self {
                self
            }
            fn write(&self, _: &mut #private::Writer) {
                ::core::unimplemented!()
            }
            fn read(_: &mut #private::Reader) -> ::core::option::Option<Self> {
                ::core::unimplemented!()
            }
        }
    }
}

// Parameters are an error, so whatever the runtime asks of a signature they may be said to have.
fn loose(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    for param in &mut generics.params {
        match param {
            GenericParam::Type(param) => {
                param.bounds.push(parse_quote!(::core::marker::Send));
                param.bounds.push(parse_quote!(::core::marker::Sync));
                param.bounds.push(parse_quote!(::core::clone::Clone));
                param.bounds.push(parse_quote!('static));
            }
            GenericParam::Lifetime(param) => param.bounds.push(parse_quote!('static)),
            GenericParam::Const(_) => {}
        }
    }
    generics
}

// A parameter that no field uses would be an error of rustc's.
fn used(generics: &Generics, side: &Companion<'_>) -> Generics {
    let types: TokenStream = side.fields.iter().map(|field| field.ty.to_token_stream()).collect();
    let mut generics = generics.clone();
    generics.params = generics
        .params
        .into_iter()
        .filter(|param| {
            let name = match param {
                GenericParam::Lifetime(param) => &param.lifetime.ident,
                GenericParam::Type(param) => &param.ident,
                GenericParam::Const(param) => &param.ident,
            };
            mentions(&types, name)
        })
        .collect();
    // Clauses about parameters that are gone would not resolve.
    generics.where_clause = None;
    generics
}
