//! The expansion of a correct program into the code that finds its predictors.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::build;
use super::model::{PartKind, PartModel, ProgramModel};
use crate::field_access;
use crate::ident::{local, plain_name};
use crate::module::wiring;
use crate::tokens::items_at;

/// Everything that is generated next to the struct.
pub(crate) fn program(model: &ProgramModel) -> TokenStream {
    let predictors = predictors(model);
    let program = named(model);
    let (build, constructors) =
        if model.builds_itself() { build::program(model) } else { Default::default() };
    let module = model.wired().map(|wired| wiring::module(wired, &model.calls));
    let edge = field_access::parts(&model.krate);
    let own = items_at(model.ident().span(), quote!(#predictors #program #build));
    quote! {
        // A user who deprecates a program means its users, not this.
        #[allow(deprecated, unused_lifetimes)]
        const _: () = {
            #edge
            #own
        };
        #constructors
        #module
    }
}

/// `impl Program`: the name in artifacts.
pub(super) fn named(model: &ProgramModel) -> TokenStream {
    let private = model.krate.private();
    let ident = model.ident();
    let name = plain_name(ident);
    let (impl_generics, ty_generics, where_clause) = model.original.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Program for #ident #ty_generics #where_clause {
            const NAME: &'static str = #name;
            const CRATE: &'static str = match ::core::option_env!("CARGO_PKG_VERSION") {
                ::core::option::Option::Some(version) => version,
                ::core::option::Option::None => "",
            };
        }
    }
}

// Both visits go through the same fields in the same order, so that a path means one predictor.
fn predictors(model: &ProgramModel) -> TokenStream {
    let private = model.krate.private();
    let ident = model.ident();
    let (impl_generics, ty_generics, where_clause) = model.original.generics.split_for_impl();
    let visit = local("visit");
    // Of a part that is called, the call says more: it is no module.
    let asserted = model.fields.iter().filter(|part| part.kind != PartKind::Plain && part.call.is_none());
    let asserted = asserted.map(|part| {
        let ty = &part.ty;
        quote!(let _ = <#ty as #private::Predictors>::visit;)
    });
    let shapes = model.fields.iter().filter(|part| part.kind != PartKind::Plain).map(|part| {
        let (name, ty) = (plain_name(&part.ident), &part.ty);
        quote!((#name, __Edge::<#ty>::SHAPE))
    });
    let shared = model.fields.iter().map(|part| visited(part, ""));
    let exclusive = model.fields.iter().map(|part| visited(part, "_mut"));
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Predictors for #ident #ty_generics #where_clause {
            const SHAPE: #private::Shape = #private::Shape::Fields(&[#(#shapes),*]);
            fn visit(&self, #visit: &mut #private::Visit<'_>) {
                #(#asserted)*
                __Edge::<Self>::module(#visit);
                #(#shared)*
            }
            fn visit_mut(&mut self, #visit: &mut #private::VisitMut<'_>) {
                #(#exclusive)*
            }
        }
    }
}

fn visited(part: &PartModel, suffix: &str) -> TokenStream {
    let PartModel { ident, ty, kind, .. } = part;
    let visit = local("visit");
    let name = plain_name(ident);
    let borrow = if suffix.is_empty() { quote!(&) } else { quote!(&mut) };
    let function = match kind {
        PartKind::Learned => format_ident!("field{suffix}"),
        PartKind::Frozen => format_ident!("frozen{suffix}"),
        // Read, so that rustc does not call the field dead.
        PartKind::Plain => return quote!(let _ = &self.#ident;),
    };
    quote!(__Edge::<#ty>::#function(#visit, #name, #borrow self.#ident);)
}
