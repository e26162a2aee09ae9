//! A struct beside the user's own: the inputs or outputs of a signature, the arguments of a
//! module.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Type, Visibility};

use crate::ident::{local, locals, plain_name};
use crate::krate::Krate;
use crate::tokens::items_at;

/// A struct that the macros make.
pub(crate) struct Companion<'a> {
    pub(crate) krate: &'a Krate,
    pub(crate) attrs: TokenStream,
    pub(crate) vis: &'a Visibility,
    pub(crate) ident: Ident,
    pub(crate) fields: Vec<CompanionField<'a>>,
    /// The types of the fields, as an expression of the runtime; for those who ask before there is a value.
    pub(crate) described: TokenStream,
    /// True where it can be made of the value of its one field.
    pub(crate) from_value: bool,
}

/// A field of a [`Companion`].
pub(crate) struct CompanionField<'a> {
    pub(crate) attrs: TokenStream,
    pub(crate) vis: &'a Visibility,
    pub(crate) ident: &'a Ident,
    pub(crate) ty: &'a Type,
    /// The name in prompts and rows.
    pub(crate) name: String,
}

impl Companion<'_> {
    /// The struct.
    pub(crate) fn item(&self) -> TokenStream {
        let Self { attrs, vis, ident, fields, .. } = self;
        let fields =
            fields.iter().map(|CompanionField { attrs, vis, ident, ty, .. }| quote!(#attrs #vis #ident: #ty));
        // The user has said what there is to say about these fields, on the struct they are from.
        let item = quote! {
            #attrs
            #[allow(
                clippy::pub_underscore_fields,
                clippy::struct_excessive_bools,
                clippy::struct_field_names,
            )]
            #vis struct #ident {
                #(#fields,)*
            }
        };
        items_at(ident.span(), item)
    }

    /// Writes the impls that make it a value, and a carrier of fields in prompts and in JSON.
    ///
    /// They need [`crate::field_access::fields`] in the same block.
    pub(crate) fn impls(&self) -> TokenStream {
        let fields = self.fields.iter().map(|field| (field.ident, field.ty, field.name.clone()));
        let (private, described) = (self.krate.private(), &self.described);
        let described = quote! {
            fn described() -> ::core::option::Option<#private::Described> {
                ::core::option::Option::Some(#described)
            }
        };
        let carrier = carrier(self.krate, &self.ident, fields, &described);
        let (value, serde, from) = (self.value(), self.serde(), self.conversions());
        items_at(self.ident.span(), quote!(#value #carrier #serde #from))
    }

    /// Writes the conversion from the value of the one field, if there is one field; from borrowed text, too, where it is text.
    fn conversions(&self) -> TokenStream {
        let (ident, [field], true) = (&self.ident, &*self.fields, self.from_value) else {
            return TokenStream::new();
        };
        let (member, ty) = (field.ident, field.ty);
        let text = is_string(ty).then(|| {
            quote! {
                #[automatically_derived]
                impl ::core::convert::From<&str> for #ident {
                    fn from(__value: &str) -> Self {
                        Self { #member: ::core::convert::From::from(__value) }
                    }
                }
            }
        });
        quote! {
            #[automatically_derived]
            impl ::core::convert::From<#ty> for #ident {
                fn from(__value: #ty) -> Self {
                    Self { #member: __value }
                }
            }
            #text
        }
    }

    fn value(&self) -> TokenStream {
        let ident = &self.ident;
        let name = plain_name(ident);
        let members: Vec<_> = self.fields.iter().map(|field| field.ident).collect();
        let types: Vec<_> = self.fields.iter().map(|field| field.ty).collect();
        let labels = members.iter().map(|member| plain_name(member));
        quote! {
            #[automatically_derived]
            impl ::core::clone::Clone for #ident {
                fn clone(&self) -> Self {
                    Self { #(#members: __Edge::<#types>::copy(&self.#members),)* }
                }
            }
            #[automatically_derived]
            impl ::core::fmt::Debug for #ident {
                fn fmt(&self, __to: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    ::core::fmt::Formatter::debug_struct(__to, #name)
                        #(.field(#labels, __Edge::<#types>::debug(&self.#members)))*
                        .finish()
                }
            }
        }
    }

    fn serde(&self) -> TokenStream {
        let private = self.krate.private();
        let ident = &self.ident;
        quote! {
            #[automatically_derived]
            impl #private::serde::Serialize for #ident {
                fn serialize<__S: #private::serde::Serializer>(
                    &self,
                    __to: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    #private::serialize(self, __to)
                }
            }
            #[automatically_derived]
            impl<'__de> #private::serde::Deserialize<'__de> for #ident {
                fn deserialize<__D: #private::serde::Deserializer<'__de>>(
                    __from: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #private::deserialize(__from)
                }
            }
        }
    }
}

/// Returns whether a type is written as the standard library's `String`.
fn is_string(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    path.qself.is_none() && matches!(&*names, ["String"] | ["std" | "alloc", "string", "String"])
}

/// The impl of `Fields`: to and from the untyped record, by prompt name.
///
/// All fields are read before the first one that failed ends it, so that the reader collects
/// every error of a reply. What the struct says of itself besides its fields is `about`.
pub(crate) fn carrier<'a>(
    krate: &Krate,
    ident: &Ident,
    fields: impl Iterator<Item = (&'a Ident, &'a Type, String)>,
    about: &TokenStream,
) -> TokenStream {
    let private = krate.private();
    let fields: Vec<_> = fields.collect();
    let (to, from) = (local("to"), local("from"));
    let values = locals(fields.len());
    let writes =
        fields.iter().map(|(member, ty, name)| quote!(__Edge::<#ty>::write(#to, #name, &self.#member);));
    let gives =
        fields.iter().map(|(member, ty, name)| quote!(__Edge::<#ty>::give(#to, #name, self.#member);));
    let reads = fields
        .iter()
        .zip(&values)
        .map(|((_, ty, name), value)| quote!(let #value = __Edge::<#ty>::read(#from, #name);));
    let members = fields.iter().map(|(member, ..)| member);
    quote! {
        #[automatically_derived]
        impl #private::Fields for #ident {
            type Answer = Self;
            fn into_answer(self) -> Self {
                self
            }
            fn write(&self, #to: &mut #private::Writer) {
                #(#writes)*
            }
            fn give(self, #to: &mut #private::Writer) {
                #(#gives)*
            }
            fn read(#from: &mut #private::Reader) -> ::core::option::Option<Self> {
                #(#reads)*
                ::core::option::Option::Some(Self { #(#members: #values?,)* })
            }
            #about
        }
    }
}
