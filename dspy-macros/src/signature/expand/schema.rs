//! The impl of `Signature`: what the runtime knows about the task.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::ident::{local, plain_name};
use crate::signature::model::{FieldModel, Role, SignatureModel};

/// `impl Signature for Triage`.
pub(crate) fn signature(model: &SignatureModel, input: &Ident, output: &Ident) -> TokenStream {
    let krate = &model.krate;
    let private = krate.private();
    let ident = model.ident();
    let name = plain_name(ident);
    let instructions = &model.instructions;
    let fields = model.fields.iter().filter_map(|field| described(field, &private.to_token_stream()));
    let check = check(model, output);
    let names = |role| model.of_role(role).map(FieldModel::name);
    let (inputs, outputs) = (names(Role::Input), names(Role::Output));
    quote! {
        #[automatically_derived]
        impl #krate::Signature for #ident {
            type Input = #input;
            type Output = #output;
            const NAMES: ::core::option::Option<#private::FieldNames> =
                ::core::option::Option::Some(#private::FieldNames {
                    inputs: &[#(#inputs),*],
                    first: ::core::option::Option::None,
                    outputs: &[#(#outputs),*],
                });
            fn schema() -> &'static #private::Schema {
                static __SCHEMA: #private::OnceLock<#private::Schema> = #private::OnceLock::new();
                __SCHEMA.get_or_init(|| {
                    #private::SchemaBuilder::new(#name, #instructions)
                        #(#fields)*
                        .build()
                })
            }
            #check
        }
    }
}

// One call of the builder for a field, and one for each of its checks. The type stands there
// with the user's own tokens, so that rustc says there what it lacks.
fn described(field: &FieldModel, private: &TokenStream) -> Option<TokenStream> {
    let (name, ty, desc) = (field.name(), field.ty(), &field.desc);
    let bounds = field.bounds.iter().map(|bound| bound.tokens(private));
    let texts = field.checks.iter().map(|check| check.text.to_token_stream());
    Some(match field.role? {
        Role::Input => quote!(.input::<#ty>(#name, #desc)),
        Role::Output => quote!(.output::<#ty>(#name, #desc) #(.constraint(#bounds))* #(.check(#texts))*),
        Role::Meta => quote!(.meta::<#ty>(#name)),
    })
}

// The checks run on the typed output, so a closure sees the user's own type. As a function pointer
// it has one before it is used, and an error about it speaks of the user's tokens alone; there is
// nothing here that a closure could capture.
fn check(model: &SignatureModel, output: &Ident) -> TokenStream {
    let private = model.krate.private();
    let (value, found, condition) = (local("outputs"), local("found"), local("condition"));
    let whole = local("output");
    let checks: Vec<TokenStream> = model
        .of_role(Role::Output)
        .flat_map(|field| field.checks.iter().map(move |check| (field, check)))
        .map(|(field, check)| {
            let (name, ident, ty) = (field.name(), &field.ident, field.ty());
            let (test, text) = (&check.test, &check.text);
            let typed = quote_spanned!(ty.span()=> fn(&#ty) -> bool);
            quote! {
                let #condition: #typed = #test;
                __Edge::<#ty>::check(#found, #name, #value, |#whole| &#whole.#ident, #condition, #text);
            }
        })
        .collect();
    if checks.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn check(#value: &#private::Checked<'_, #output>, #found: &mut #private::Violations) {
            #(#checks)*
        }
    }
}
