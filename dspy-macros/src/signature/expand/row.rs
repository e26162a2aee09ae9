//! The impl of `Row`: the struct as a row of data, apart into what is given and what is wanted.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::signature::model::{Role, SignatureModel};

/// `impl Row for Triage`.
pub(crate) fn row(model: &SignatureModel, input: &Ident, output: &Ident) -> TokenStream {
    let krate = &model.krate;
    let ident = model.ident();
    let part = |role| {
        let copies = model.of_role(role).map(|field| {
            let (member, ty) = (&field.ident, field.ty());
            quote!(#member: __Edge::<#ty>::copy(&self.#member))
        });
        quote!(#(#copies,)*)
    };
    let (inputs, outputs) = (part(Role::Input), part(Role::Output));
    quote! {
        #[automatically_derived]
        impl #krate::signature::Row for #ident {
            fn input(&self) -> #input {
                #input { #inputs }
            }
            fn output(&self) -> #output {
                #output { #outputs }
            }
        }
    }
}
