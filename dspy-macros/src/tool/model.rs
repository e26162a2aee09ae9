//! The parts of a `#[tool]` function.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, FnArg, LitStr, Pat, Signature, Type, Visibility};

use crate::docs::Text;
use crate::ident::plain_name;
use crate::krate::Krate;

/// A function, without its body.
pub(crate) struct ToolModel {
    pub(crate) krate: Krate,
    pub(crate) rename: Option<LitStr>,
    pub(crate) desc: Text,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// Without the doc comments of arguments, which rustc does not take.
    pub(crate) head: Signature,
    pub(crate) body: TokenStream,
    pub(crate) arguments: Vec<Argument>,
}

/// An argument of the function.
pub(crate) struct Argument {
    pub(crate) original: FnArg,
    pub(crate) desc: Text,
}

impl ToolModel {
    /// The function, as it was written.
    pub(crate) fn function(&self) -> TokenStream {
        let Self { attrs, vis, head, body, .. } = self;
        // Owned arguments are what a tool has to have.
        quote!(#(#attrs)* #[allow(clippy::needless_pass_by_value)] #vis #head #body)
    }

    /// The name of the tool's struct, `FindOrder` of `find_order`.
    pub(crate) fn ident(&self) -> Ident {
        let name = self.head.ident.unraw().to_string();
        let words = name.split('_').filter_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>())
        });
        format_ident!("{}", words.collect::<String>(), span = self.head.ident.span())
    }

    /// The name that models call the tool by.
    pub(crate) fn name(&self) -> String {
        self.rename.as_ref().map_or_else(|| plain_name(&self.head.ident), LitStr::value)
    }

    /// Returns whether the function is given the context, before everything else.
    pub(crate) fn takes_context(&self) -> bool {
        self.arguments.first().is_some_and(Argument::is_context)
    }

    /// Returns the arguments that the model gives.
    pub(crate) fn inputs(&self) -> &[Argument] {
        let given = usize::from(self.takes_context());
        self.arguments.get(given..).unwrap_or_default()
    }
}

impl Argument {
    pub(crate) fn ty(&self) -> Option<&Type> {
        match &self.original {
            FnArg::Typed(typed) => Some(&typed.ty),
            FnArg::Receiver(_) => None,
        }
    }

    pub(crate) fn ident(&self) -> Option<&Ident> {
        match &self.original {
            FnArg::Typed(typed) => match &*typed.pat {
                Pat::Ident(pat) if pat.subpat.is_none() => Some(&pat.ident),
                _ => None,
            },
            FnArg::Receiver(_) => None,
        }
    }

    /// Returns whether it is `&Context`, by name, because a macro sees no types.
    pub(crate) fn is_context(&self) -> bool {
        let Some(Type::Reference(reference)) = self.ty() else { return false };
        match &*reference.elem {
            Type::Path(path) => path.path.segments.last().is_some_and(|last| last.ident == "Context"),
            _ => false,
        }
    }
}
