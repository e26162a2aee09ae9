//! Borrows in the types of fields: found, named, and made harmless.

use quote::ToTokens;
use syn::{GenericArgument, Lifetime, PathArguments, Type, TypeReference};

/// The outermost references in a type.
pub(crate) fn references(ty: &Type) -> Vec<&TypeReference> {
    match ty {
        Type::Reference(reference) => vec![reference],
        Type::Array(array) => references(&array.elem),
        Type::Slice(slice) => references(&slice.elem),
        Type::Group(group) => references(&group.elem),
        Type::Paren(paren) => references(&paren.elem),
        Type::Tuple(tuple) => tuple.elems.iter().flat_map(references).collect(),
        Type::Path(path) => path
            .path
            .segments
            .iter()
            .flat_map(|segment| match &segment.arguments {
                PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
                PathArguments::None | PathArguments::Parenthesized(_) => Vec::new(),
            })
            .flat_map(|argument| match argument {
                GenericArgument::Type(ty) => references(ty),
                _ => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Writes `'static` into every reference without a lifetime.
///
/// The reference is our own error; this keeps rustc from explaining, beside it, how to add
/// a lifetime to the struct, which would be our own error again.
pub(crate) fn name_elided(ty: &mut Type) {
    match ty {
        Type::Reference(reference) => {
            let span = reference.and_token.span;
            reference.lifetime.get_or_insert_with(|| Lifetime::new("'static", span));
            name_elided(&mut reference.elem);
        }
        Type::Array(array) => name_elided(&mut array.elem),
        Type::Slice(slice) => name_elided(&mut slice.elem),
        Type::Group(group) => name_elided(&mut group.elem),
        Type::Paren(paren) => name_elided(&mut paren.elem),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(name_elided),
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                let PathArguments::AngleBracketed(arguments) = &mut segment.arguments else {
                    continue;
                };
                for argument in &mut arguments.args {
                    if let GenericArgument::Type(ty) = argument {
                        name_elided(ty);
                    }
                }
            }
        }
        _ => {}
    }
}

/// The owned type to use in place of a reference to `referent`.
pub(crate) fn owned(referent: &Type) -> String {
    match referent {
        Type::Slice(slice) => format!("Vec<{}>", printed(&slice.elem)),
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        other => printed(other),
    }
}

// Tokens print with a space between each two; types read better without most of them.
fn printed(ty: &Type) -> String {
    let text = ty.to_token_stream().to_string();
    text.replace(" < ", "<").replace(" > ", ">").replace(" >", ">").replace(" :: ", "::").replace(" ,", ",")
}
