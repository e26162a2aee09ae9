//! The struct of a program's inputs or outputs, where no signature has one.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Type, Visibility};

use crate::companion::{Companion, CompanionField};
use crate::field_access;
use crate::ident::{companion, plain_name};
use crate::krate::Krate;

/// Several values as the fields of one struct, so that a program has one input like any signature.
pub(crate) struct Gathered<'a> {
    pub(crate) krate: &'a Krate,
    pub(crate) program: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) side: Side,
}

/// The direction in which values go.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Input,
    Output,
}

impl Side {
    /// The end of the struct's name.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Input => "Input",
            Self::Output => "Output",
        }
    }

    /// The associated type of a module or a signature.
    pub(crate) fn ident(self) -> Ident {
        format_ident!("{}", self.suffix())
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Input => ("arguments", "argument"),
            Self::Output => ("outputs", "output"),
        }
    }
}

impl Gathered<'_> {
    /// The struct, and what makes it a carrier of fields.
    pub(crate) fn item(&self, fields: &[(&Ident, &Type)]) -> TokenStream {
        let Self { krate, program, vis, side } = self;
        let (words, word) = side.words();
        let types: Vec<&Type> = fields.iter().map(|(_, ty)| *ty).collect();
        let fields = fields.iter().map(|(ident, ty)| {
            let doc = format!("The {word} `{}`.", plain_name(ident));
            CompanionField { attrs: quote!(#[doc = #doc]), vis, ident, ty, name: plain_name(ident) }
        });
        let fields: Vec<_> = fields.collect();
        let doc = format!("The {words} of [`{}`].", plain_name(program));
        let companion = Companion {
            krate,
            attrs: quote!(#[doc = #doc] #[allow(private_interfaces, unreachable_pub)]),
            vis,
            ident: companion(program, side.suffix()),
            described: described(krate, &fields),
            from_value: matches!(side, Side::Input),
            fields,
        };
        let private = krate.private();
        let edge = field_access::fields(krate);
        let (item, impls) = (companion.item(), companion.impls());
        let asserted = format_ident!("__every_{word}_is_a_field");
        quote! {
            #item
            const _: () = {
                #edge
                #impls
                #[allow(dead_code)]
                fn #asserted() {
                    #(let _ = #private::SchemaBuilder::input::<#types>;)*
                }
            };
        }
    }
}

/// The fields with their types, which nothing else says of a struct without a signature.
fn described(krate: &Krate, fields: &[CompanionField<'_>]) -> TokenStream {
    let private = krate.private();
    let fields =
        fields.iter().map(|CompanionField { ty, name, .. }| quote!(.with(__Edge::<#ty>::spec(), #name)));
    quote!(#private::Described::default() #(#fields)*)
}
