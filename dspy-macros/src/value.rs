//! `#[value]`: a type that a field of a signature may have.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{DeriveInput, LitStr, Path, Token};

use crate::diag::Diagnostics;
use crate::krate::Krate;

/// The derives that a value gets, by the name of the trait.
const DERIVES: [&str; 6] = ["Clone", "Debug", "PartialEq", "Serialize", "Deserialize", "JsonSchema"];

/// The type as written, with what makes it a value.
pub(crate) fn attribute(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let krate = match options.parse2(args) {
        Ok(krate) => krate,
        Err(error) => {
            let message = "`#[value]` takes nothing but the path of the library: `crate = path`";
            diagnostics
                .error_at(error.span(), message.to_owned())
                .help("attributes of serde stand beside it: `#[serde(rename_all = \"snake_case\")]`");
            Krate::new(None)
        }
    };
    let input: DeriveInput = match syn::parse2(item.clone()) {
        Ok(input) => input,
        Err(_) => {
            let message = "`#[value]` goes on a struct or an enum";
            diagnostics.error_at(Span::call_site(), message.to_owned());
            let errors = diagnostics.into_tokens();
            return quote!(#errors #item);
        }
    };
    if let syn::Data::Union(union) = &input.data {
        let message = "a union has no form in JSON, so that it cannot be a value";
        diagnostics.error_at(union.union_token.span, message.to_owned()).help("make it an enum");
        let errors = diagnostics.into_tokens();
        return quote!(#errors #item);
    }
    let errors = diagnostics.into_tokens();
    let attributes = attributes(&krate, &derived(&input));
    quote!(#errors #attributes #item)
}

/// The attributes that go on the type, without the derives that it has already.
fn attributes(krate: &Krate, has: &[String]) -> TokenStream {
    let private = krate.private();
    let (serde, schemars) = (quote!(#private::serde), quote!(#private::schemars));
    let wants = |name: &str| !has.iter().any(|has| has == name);
    let path = |name: &str| match name {
        "Clone" => quote!(::core::clone::Clone),
        "Debug" => quote!(::core::fmt::Debug),
        "PartialEq" => quote!(::core::cmp::PartialEq),
        "Serialize" => quote!(#serde::Serialize),
        "Deserialize" => quote!(#serde::Deserialize),
        _ => quote!(#schemars::JsonSchema),
    };
    let derives = DERIVES.into_iter().filter(|name| wants(name)).map(path);
    // An attribute that names a crate says it for both of serde's derives.
    let serde = (wants("Serialize") && wants("Deserialize")).then(|| {
        let name = text(&serde);
        quote!(#[serde(crate = #name)])
    });
    let schemars = wants("JsonSchema").then(|| {
        let name = text(&schemars);
        quote!(#[schemars(crate = #name)])
    });
    quote!(#[derive(#(#derives),*)] #serde #schemars)
}

/// The names of the traits that attributes below this one derive.
fn derived(input: &DeriveInput) -> Vec<String> {
    let derives = input.attrs.iter().filter(|attribute| attribute.path().is_ident("derive"));
    let paths = derives.filter_map(|attribute| {
        attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated).ok()
    });
    paths.flatten().filter_map(|path| Some(path.segments.last()?.ident.to_string())).collect()
}

fn options(input: ParseStream<'_>) -> syn::Result<Krate> {
    if input.is_empty() {
        return Ok(Krate::new(None));
    }
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    Ok(Krate::new(Some(input.call(Path::parse_mod_style)?)))
}

fn text(path: &TokenStream) -> LitStr {
    LitStr::new(&path.to_token_stream().to_string().replace(' ', ""), Span::call_site())
}
