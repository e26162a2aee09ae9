//! The shape that `forward` must have.

use syn::{FnArg, ReturnType, Signature, Type};

use super::arguments;
use super::model::{BlockModel, ForwardModel};
use crate::diag::Diagnostics;

/// The help that shows the whole line.
pub(super) const EXPECTED: &str =
    "write `async fn forward(&self, cx: &Context, input: Input) -> Result<Output>`";

/// Reports everything wrong with the block, and finds the parts of `forward`.
pub(crate) fn block<'a>(model: &'a BlockModel, diagnostics: &mut Diagnostics) -> Option<ForwardModel<'a>> {
    if let Some(path) = &model.trait_ {
        diagnostics
            .error(path, "`#[module]` stands on the struct's own `impl` block, not on the impl of a trait")
            .help("the macro makes `impl Module` from `async fn forward` in an `impl` block without a trait");
        return None;
    }
    if model.ident().is_none() {
        diagnostics
            .error(&model.self_ty, "`#[module]` needs the `impl` block of a struct")
            .help("write `impl Name { … }`, with the name of the `#[module]` struct");
        return None;
    }
    check_collisions(model, diagnostics);
    let Some(head) = model.forward() else {
        diagnostics
            .error(&model.self_ty, "this module has no `forward`; it is what the program does with its input")
            .help(EXPECTED);
        return None;
    };
    forward(head, diagnostics)
}

// `call` is what users of the program write; the macro makes it from `forward`.
fn check_collisions(model: &BlockModel, diagnostics: &mut Diagnostics) {
    for method in model.methods.iter().filter(|method| method.ident == "call") {
        diagnostics
            .error(&method.ident, "`call` is already made by `#[module]`; it is how a program is run")
            .help("give this function another name");
    }
}

fn forward<'a>(head: &'a Signature, diagnostics: &mut Diagnostics) -> Option<ForwardModel<'a>> {
    check_head(head, diagnostics);
    let inputs = arguments::inputs(head, diagnostics);
    let ReturnType::Type(_, output) = &head.output else {
        diagnostics
            .error(&head.ident, "`forward` returns nothing; a program answers with its output")
            .help(EXPECTED);
        return None;
    };
    Some(ForwardModel { head, inputs, output })
}

fn check_head(head: &Signature, diagnostics: &mut Diagnostics) {
    if head.asyncness.is_none() {
        diagnostics
            .error(head.fn_token, "`forward` must be `async`; it waits for a language model")
            .help(EXPECTED);
    }
    if !head.generics.params.is_empty() {
        diagnostics
            .error(&head.generics, "`forward` cannot be generic; a program has one input and one output")
            .help("put the parameter on the struct, or write the type");
    }
    for input in &head.inputs {
        let FnArg::Typed(input) = input else { continue };
        if matches!(&*input.ty, Type::ImplTrait(_)) {
            diagnostics
                .error(&input.ty, "`forward` cannot be generic; a program has one input and one output")
                .help("write the type");
        }
    }
}
