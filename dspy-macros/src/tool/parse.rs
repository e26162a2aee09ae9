//! The parser into the model; the body is not looked at.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, FnArg, Signature, Visibility};

use super::model::{Argument, ToolModel};
use crate::diag::Diagnostics;
use crate::docs::Text;
use crate::key::{Entry, Form, Grammar, Key, Value};
use crate::krate::Krate;
use crate::tokens::item_keyword;

const TOOL: Grammar = Grammar {
    name: "tool",
    keys: &[
        Key { name: "name", form: Form::Name },
        Key { name: "desc", form: Form::Text },
        Key { name: "crate", form: Form::Path },
    ],
};

/// Reads the function; nothing when it is none, or not even its head can be read.
pub(super) fn tool(
    args: &TokenStream,
    item: &TokenStream,
    diagnostics: &mut Diagnostics,
) -> Option<ToolModel> {
    let keyword = item_keyword(item);
    if let Some(keyword) = keyword.filter(|keyword| keyword != "fn") {
        diagnostics
            .error(&keyword, "`#[tool]` stands on a function")
            .help("write `#[tool] async fn name(argument: Type) -> Result<Type>`");
        return None;
    }
    let attr: Attribute = syn::parse_quote!(#[tool(#args)]);
    let (mut path, mut rename, mut desc) = (None, None, None);
    for Entry { value, .. } in TOOL.read(&attr, diagnostics) {
        match value {
            Value::Path(value) => path = Some(value),
            Value::Name(value) => rename = Some(value),
            Value::Text(value) => desc = Some(value),
            Value::Flag | Value::Check(_) | Value::Bound(_) => {}
        }
    }
    let parser = |input: ParseStream<'_>| {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis: Visibility = input.parse()?;
        let mut head: Signature = input.parse()?;
        let arguments = head.inputs.iter_mut().map(argument).collect();
        Ok(ToolModel {
            krate: Krate::new(path),
            rename,
            desc: desc.unwrap_or_else(|| Text::of_docs(&attrs)),
            attrs,
            vis,
            head,
            body: input.parse()?,
            arguments,
        })
    };
    match parser.parse2(item.clone()) {
        Ok(model) => Some(model),
        Err(error) => {
            diagnostics.syntax(error);
            None
        }
    }
}

fn argument(input: &mut FnArg) -> Argument {
    let attrs = match input {
        FnArg::Typed(typed) => &mut typed.attrs,
        FnArg::Receiver(receiver) => &mut receiver.attrs,
    };
    let desc = Text::of_docs(attrs);
    attrs.retain(|attr| !attr.path().is_ident("doc"));
    Argument { original: input.clone(), desc }
}
