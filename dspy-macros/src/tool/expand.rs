//! The tool generated for the function.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ReturnType;
use syn::spanned::Spanned;

use super::model::ToolModel;
use crate::field_access;
use crate::ident::{local, locals, plain_name};
use crate::tokens::items_at;

/// The struct and its `impl Tool`.
pub(super) fn tool(model: &ToolModel) -> TokenStream {
    let krate = &model.krate;
    let private = krate.private();
    let (name, desc) = (model.name(), &model.desc);
    let described = model.inputs().iter().filter_map(|argument| {
        let (name, ty, desc) = (plain_name(argument.ident()?), argument.ty()?, &argument.desc);
        Some(quote!(.input::<#ty>(#name, #desc)))
    });
    let parameters = quote! {
        static __PARAMETERS: #private::OnceLock<#private::Json> = #private::OnceLock::new();
        __PARAMETERS.get_or_init(|| {
            #private::tool::parameters(&#private::SchemaBuilder::new(#name, #desc) #(#described)* .build())
        })
    };
    with_bodies(model, &quote!(#desc), &parameters, &call(model))
}

/// Writes a stub with an empty body, for a function with mistakes.
pub(super) fn stub(model: &ToolModel) -> TokenStream {
    let stub = quote!(::core::unimplemented!());
    let (cx, arguments) = (local("cx"), local("arguments"));
    with_bodies(model, &quote!(""), &stub, &quote!(let _ = (#cx, #arguments); #stub))
}

fn with_bodies(
    model: &ToolModel,
    desc: &TokenStream,
    parameters: &TokenStream,
    call: &TokenStream,
) -> TokenStream {
    let krate = &model.krate;
    let private = krate.private();
    let (ident, vis, name) = (model.ident(), &model.vis, model.name());
    let (cx, arguments) = (local("cx"), local("arguments"));
    let doc = format!("The tool that calls [`{}`].", plain_name(&model.head.ident));
    let item = quote! {
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::default::Default)]
        #vis struct #ident;
    };
    let edge = field_access::fields(krate);
    let implementation = quote! {
        #[automatically_derived]
        impl #krate::tool::Tool for #ident {
            fn name(&self) -> &str {
                #name
            }
            fn description(&self) -> &str {
                #desc
            }
            fn parameters(&self) -> &#private::Json {
                #parameters
            }
            fn call<'__call>(
                &'__call self,
                #cx: &'__call #krate::Context,
                #arguments: #private::Json,
            ) -> #private::tool::BoxFuture<'__call, #krate::Result<#private::Json>> {
                #call
            }
        }
    };
    let implementation = items_at(ident.span(), implementation);
    quote! {
        #[allow(dead_code)]
        #item
        #[allow(deprecated)]
        const _: () = {
            #edge
            #implementation
        };
    }
}

// All arguments are read before the first one that failed ends it, so that the model is told of every
// mistake at once.
fn call(model: &ToolModel) -> TokenStream {
    let private = model.krate.private();
    let function = &model.head.ident;
    let (cx, arguments, from) = (local("cx"), local("arguments"), local("from"));
    let inputs: Vec<_> =
        model.inputs().iter().filter_map(|input| Some((input.ident()?, input.ty()?))).collect();
    let values = locals(inputs.len());
    let names = inputs.iter().map(|(ident, _)| plain_name(ident));
    let reads = inputs.iter().zip(&values).map(|((ident, ty), value)| {
        let name = plain_name(ident);
        quote!(let #value = __Edge::<#ty>::read(&mut #from, #name);)
    });
    let context = model.takes_context().then(|| quote!(#cx,));
    let wait = model.head.asyncness.is_some().then(|| quote!(.await));
    let made = quote_spanned!(function.span()=> #function(#context #(#values),*) #wait);
    // At the type that it returns, where rustc says what that type cannot.
    let place = match &model.head.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => function.span(),
    };
    let krate = &model.krate;
    let given = quote_spanned!(place=> #krate::tool::answer::Answer::new(#made).value());
    let body = quote! {
        #[allow(unused_imports)]
        use #krate::tool::answer::{Fails as _, Succeeds as _, Unanswered as _};
        let _ = #cx;
        let mut #from = match #private::tool::arguments(#arguments, &[#(#names),*]) {
            ::core::result::Result::Ok(from) => from,
            ::core::result::Result::Err(refused) => return ::core::result::Result::Ok(refused),
        };
        #(#reads)*
        let (#(::core::option::Option::Some(#values),)*) = (#(#values,)*) else {
            return ::core::result::Result::Ok(#private::tool::refused(#from));
        };
        #given
    };
    let private = model.krate.private_at(function.span());
    quote_spanned!(function.span()=> #private::Box::pin(async move { #body }))
}
