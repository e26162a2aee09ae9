//! The parts of a `#[signature]` struct, each with the tokens that wrote it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, DeriveInput, LitStr, Type, Visibility};

use crate::docs::Text;
use crate::ident::plain_name;
use crate::key::{Bound, Check};
use crate::krate::Krate;

/// A signature, as far as it could be read.
pub(crate) struct SignatureModel {
    /// The struct as the derive was given it.
    pub(crate) original: DeriveInput,
    pub(crate) krate: Krate,
    pub(crate) instructions: Text,
    pub(crate) fields: Vec<FieldModel>,
}

/// A field of a signature.
pub(crate) struct FieldModel {
    pub(crate) original: syn::Field,
    pub(crate) ident: Ident,
    /// Nothing when the user forgot it, which is an error.
    pub(crate) role: Option<Role>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) desc: Text,
    /// Tells whether `desc` says it, and not the doc comment or nobody.
    pub(crate) desc_given: bool,
    pub(crate) checks: Vec<Check>,
    pub(crate) bounds: Vec<Bound>,
}

/// The direction of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The program fills it.
    Input,
    /// The model fills it.
    Output,
    /// It travels with the row, and no model sees it.
    Meta,
}

impl Role {
    /// Every role, as attributes name them.
    pub(crate) const NAMES: [&'static str; 3] = ["input", "output", "meta"];

    /// The role that this attribute gives.
    pub(crate) fn of(attr: &Attribute) -> Option<Self> {
        let path = attr.path();
        if path.is_ident("input") {
            Some(Self::Input)
        } else if path.is_ident("output") {
            Some(Self::Output)
        } else if path.is_ident("meta") {
            Some(Self::Meta)
        } else {
            None
        }
    }

    /// The name of its attribute.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::Meta => "meta",
        }
    }
}

impl SignatureModel {
    pub(crate) fn ident(&self) -> &Ident {
        &self.original.ident
    }

    pub(crate) fn vis(&self) -> &Visibility {
        &self.original.vis
    }

    /// The fields of one role, in declared order.
    pub(crate) fn of_role(&self, role: Role) -> impl Iterator<Item = &FieldModel> {
        self.fields.iter().filter(move |field| field.role == Some(role))
    }
}

impl FieldModel {
    /// The name in prompts, rows and artifacts.
    pub(crate) fn name(&self) -> String {
        match &self.rename {
            Some(literal) => literal.value(),
            None => plain_name(&self.ident),
        }
    }

    /// Returns the tokens of that name, for errors about it.
    pub(crate) fn name_tokens(&self) -> TokenStream {
        match &self.rename {
            Some(literal) => literal.to_token_stream(),
            None => self.ident.to_token_stream(),
        }
    }

    pub(crate) fn ty(&self) -> &Type {
        &self.original.ty
    }

    pub(crate) fn vis(&self) -> &Visibility {
        &self.original.vis
    }

    /// The attributes that a companion's field has too: what the user wrote about it, or the
    /// description, so that no lint asks for documentation that nobody can add.
    pub(crate) fn shared_attrs(&self) -> TokenStream {
        let kept = ["doc", "deprecated"];
        let shared = self.original.attrs.iter();
        let shared = shared.filter(|attr| kept.iter().any(|name| attr.path().is_ident(name)));
        let documented = self.original.attrs.iter().any(|attr| attr.path().is_ident("doc"));
        if documented {
            quote!(#(#shared)*)
        } else if self.desc.is_blank() {
            let doc = format!("The field `{}`.", self.name());
            quote!(#(#shared)* #[doc = #doc])
        } else {
            let desc = &self.desc;
            quote!(#(#shared)* #[doc = #desc])
        }
    }
}
