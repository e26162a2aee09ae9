//! The expansion of a correct signature into the code that makes it work.

mod row;
mod schema;
mod undescribed;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::model::{FieldModel, Role, SignatureModel};
use crate::companion::{Companion, CompanionField, carrier};
use crate::field_access;
use crate::ident::{companion, plain_name};
use crate::tokens::items_at;

/// Everything that is generated next to the struct.
pub(crate) fn signature(model: &SignatureModel) -> TokenStream {
    let inputs = side(model, Role::Input);
    let outputs = side(model, Role::Output);
    let (input_item, output_item) = (inputs.item(), outputs.item());
    let (input_impls, output_impls) = (inputs.impls(), outputs.impls());
    let whole = model.fields.iter().map(|field| (&field.ident, field.ty(), field.name()));
    let (krate, private) = (&model.krate, model.krate.private());
    let task = quote! {
        fn task() -> ::core::option::Option<&'static #private::Schema> {
            ::core::option::Option::Some(<Self as #krate::Signature>::schema())
        }
    };
    let whole = carrier(&model.krate, model.ident(), whole, &task);
    let edge = field_access::fields(&model.krate);
    let signature = schema::signature(model, &inputs.ident, &outputs.ident);
    let row = row::row(model, &inputs.ident, &outputs.ident);
    let own = items_at(model.ident().span(), quote!(#whole #signature #row));
    let ident = model.ident();
    let warnings = undescribed::warnings(model);
    quote! {
        #input_item
        #output_item
        #warnings
        // A user who deprecates a signature means its users, not this.
        #[allow(deprecated)]
        const _: () = {
            #edge
            #input_impls
            #output_impls
            #own
            // A task is in use through its companions, even if no value of it is ever made.
            let _ = ::core::marker::PhantomData::<#ident>;
        };
    }
}

/// The struct of the inputs, or of the outputs.
pub(super) fn side(model: &SignatureModel, role: Role) -> Companion<'_> {
    let (suffix, word) = match role {
        Role::Input => ("Input", "inputs"),
        Role::Output | Role::Meta => ("Output", "outputs"),
    };
    let doc = format!("The {word} of [`{}`].", plain_name(model.ident()));
    let (krate, ident, private) =
        (model.krate.at(model.ident().span()), model.ident(), model.krate.private());
    let side = format_ident!("{word}");
    Companion {
        krate: &model.krate,
        attrs: quote!(#[doc = #doc]),
        vis: model.vis(),
        ident: companion(model.ident(), suffix),
        fields: model.of_role(role).map(FieldModel::companion_field).collect(),
        described: quote!(#private::Described::#side(<#ident as #krate::Signature>::schema())),
        from_value: role == Role::Input,
    }
}

impl FieldModel {
    fn companion_field(&self) -> CompanionField<'_> {
        CompanionField {
            attrs: self.shared_attrs(),
            vis: self.vis(),
            ident: &self.ident,
            ty: self.ty(),
            name: self.name(),
        }
    }
}
