//! The path by which generated code reaches the runtime.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::ParseStream;
use syn::{Path, Token};

/// `::dspy`, or what the user gave as `crate = path`.
#[derive(Clone)]
pub(crate) struct Krate(Option<Path>);

impl Krate {
    /// The path that the option `crate` gives, if it was given.
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self(path)
    }

    /// `crate = path,` before the arguments of a macro, named as in the attributes.
    pub(crate) fn leading(input: ParseStream<'_>) -> syn::Result<Self> {
        if !(input.peek(Token![crate]) && input.peek2(Token![=])) {
            return Ok(Self(None));
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let path = input.call(Path::parse_mod_style)?;
        input.parse::<Token![,]>()?;
        Ok(Self(Some(path)))
    }

    /// The module that holds what only generated code names.
    pub(crate) fn private(&self) -> TokenStream {
        quote!(#self::__private)
    }

    /// The path of the private module at a place of the user's, for errors that name the place.
    pub(crate) fn private_at(&self, span: Span) -> TokenStream {
        let krate = self.at(span);
        quote_spanned!(span=> #krate::__private)
    }

    /// The crate itself at a place of the user's.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        match &self.0 {
            Some(path) => path.to_token_stream(),
            None => quote_spanned!(span=> ::dspy),
        }
    }
}

impl ToTokens for Krate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.0 {
            Some(path) => path.to_tokens(tokens),
            None => quote!(::dspy).to_tokens(tokens),
        }
    }
}
