//! The errors of one expansion, collected and then reported together.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

/// Collects errors, so that the user sees every independent mistake at once.
#[derive(Default)]
pub(crate) struct Diagnostics {
    errors: Vec<Diagnostic>,
}

/// One error: where it is, what is wrong, and how to repair it.
pub(crate) struct Diagnostic {
    start: Span,
    end: Span,
    message: String,
}

impl Diagnostics {
    /// Reports a mistake in `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Diagnostic::new(tokens, message))
    }

    /// Reports a mistake at a place that is no syntax node of its own, a pair of parentheses say.
    pub(crate) fn error_at(&mut self, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        self.push(Diagnostic::at(span, message))
    }

    /// Takes over what the parser said.
    pub(crate) fn syntax(&mut self, error: syn::Error) {
        for error in error {
            self.push(error.into());
        }
    }

    /// Reports a mistake that another place has found.
    pub(crate) fn push(&mut self, error: Diagnostic) -> &mut Diagnostic {
        self.errors.push(error);
        let last = self.errors.len() - 1;
        &mut self.errors[last]
    }

    /// Returns whether nothing was reported.
    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// The errors as tokens, in the order of the places they point at.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.into_expressions().into_iter().collect()
    }

    /// Returns the errors one by one, for a place where expressions stand.
    pub(crate) fn into_expressions(mut self) -> Vec<TokenStream> {
        self.errors.sort_by_key(|error| position(error.start));
        self.errors.iter().map(Diagnostic::to_tokens).collect()
    }
}

impl Diagnostic {
    /// A mistake in `tokens`.
    pub(crate) fn new(tokens: impl ToTokens, message: impl Into<String>) -> Self {
        let mut spans = tokens.into_token_stream().into_iter().map(|token| token.span());
        let start = spans.next().unwrap_or_else(Span::call_site);
        let end = spans.last().unwrap_or(start);
        Self { start, end, message: message.into() }
    }

    /// A mistake at a place.
    pub(crate) fn at(span: Span, message: impl Into<String>) -> Self {
        Self { start: span, end: span, message: message.into() }
    }

    /// Adds a [`Diagnostic::help`].
    pub(crate) fn with_help(mut self, text: impl AsRef<str>) -> Self {
        self.help(text);
        self
    }

    /// Adds a line that says how to repair it.
    pub(crate) fn help(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.message.push_str("\n= help: ");
        self.message.push_str(text.as_ref());
        self
    }

    // rustc underlines from the first token of the call to its last, so the two ends of the
    // mistake go on the path and on the braces.
    fn to_tokens(&self) -> TokenStream {
        let message = &self.message;
        let path = quote_spanned!(self.start=> ::core::compile_error!);
        let braces = quote_spanned!(self.end=> { #message });
        quote!(#path #braces)
    }
}

impl From<syn::Error> for Diagnostic {
    fn from(error: syn::Error) -> Self {
        Self::at(error.span(), error.to_string())
    }
}

// Checks run in the order that reads best in the source of this crate, so errors are put back
// into the order of the user's file here. Outside of the compiler (unit tests) spans have no
// place, and the order of reporting stays.
fn position(span: Span) -> (usize, usize) {
    if proc_macro::is_available() {
        let start = span.unwrap().start();
        (start.line(), start.column())
    } else {
        (0, 0)
    }
}
