//! The return type of `forward`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{GenericArgument, PathArguments, Type};

/// Returns the type in the `Ok`, as far as tokens show it: `T` of `Result<T>`, whoever's result it is.
///
/// Any other name may be an alias, which only rustc can look through.
pub(crate) fn ok_type(output: &Type) -> Option<&Type> {
    let path = match output {
        Type::Group(group) => return ok_type(&group.elem),
        Type::Paren(paren) => return ok_type(&paren.elem),
        Type::Path(path) => path,
        _ => return None,
    };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first()? {
        GenericArgument::Type(ty) if last.ident == "Result" => Some(ty),
        _ => None,
    }
}

/// A statement that is an error, at the whole type, unless the type is a result of this crate.
pub(crate) fn asserted(output: &Type, private: &TokenStream) -> TokenStream {
    let mut spans = output.to_token_stream().into_iter().map(|token| token.span());
    let start = spans.next().unwrap_or_else(Span::call_site);
    let end = spans.last().unwrap_or(start);
    let path = quote_spanned!(start=> <#output as #private::ForwardResult>::);
    let item = quote_spanned!(end=> Output);
    quote!(let _ = ::core::marker::PhantomData::<#path #item>;)
}
