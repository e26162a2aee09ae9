//! The conditions on a function that a model can call.

use quote::ToTokens;
use syn::{FnArg, Type};

use super::model::ToolModel;
use crate::diag::Diagnostics;
use crate::ident::plain_name;
use crate::signature;

/// Reports every rule that the function breaks.
pub(super) fn tool(model: &ToolModel, diagnostics: &mut Diagnostics) {
    let name = plain_name(&model.head.ident);
    if model.desc.is_blank() {
        diagnostics.error(
            &model.head.ident,
            format!("tool `{name}` has no description; add a doc comment above it, the model chooses by it"),
        );
    }
    check_name(model, diagnostics);
    if !model.head.generics.params.is_empty() {
        diagnostics
            .error(
                &model.head.generics,
                "a tool cannot be generic; its schema is fixed when the program is compiled",
            )
            .help("write the types");
    }
    for (index, argument) in model.arguments.iter().enumerate() {
        if let FnArg::Receiver(receiver) = &argument.original {
            diagnostics
                .error(receiver, "a tool has no `self`; a model calls it by its name")
                .help("write a function outside of an `impl` block, or implement `dspy::tool::Tool`");
            continue;
        }
        if argument.is_context() {
            if index > 0 {
                diagnostics
                    .error(&argument.original, "a tool takes the context first, or not at all")
                    .help("write `fn name(cx: &Context, argument: Type)`");
            }
            continue;
        }
        let Some(ty) = argument.ty() else { continue };
        if argument.ident().is_none() {
            diagnostics
                .error(&argument.original, "an argument of a tool needs a name; the model gives it by that")
                .help("write `name: Type`");
        }
        match ty {
            Type::Reference(reference) => {
                let owned = signature::owned(&reference.elem);
                diagnostics
                    .error(reference, "a tool takes owned values, because a model gives them")
                    .help(format!("use `{owned}`"));
            }
            Type::ImplTrait(_) => {
                diagnostics
                    .error(ty, "a tool cannot be generic; its schema is fixed when the program is compiled")
                    .help("write the type");
            }
            _ => {}
        }
    }
}

// What providers accept as the name of a function.
fn check_name(model: &ToolModel, diagnostics: &mut Diagnostics) {
    let name = model.name();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || name.len() > 64 || !name.chars().all(fits) {
        let tokens = model
            .rename
            .as_ref()
            .map_or_else(|| model.head.ident.to_token_stream(), ToTokens::to_token_stream);
        diagnostics
            .error(
                tokens,
                format!("`{name}` cannot name a tool; models take letters, digits, `_` and `-`, at most 64"),
            )
            .help("give it another name: `#[tool(name = \"find_order\")]`");
    }
}
