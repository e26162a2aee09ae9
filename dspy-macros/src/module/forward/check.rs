//! The shape that `forward` must have.

use proc_macro2::Span;
use syn::{FnArg, Pat, ReceiverKind, ReturnType, Signature, Type};

use super::model::{Argument, BlockModel, ForwardModel};
use crate::diag::Diagnostics;
use crate::ident::plain_name;

const EXPECTED: &str =
    "write `async fn forward(&self, cx: &Context, input: Input) -> Result<Output>`";

/// Reports everything wrong with the block, and finds the parts of `forward`.
pub(crate) fn block<'a>(
    model: &'a BlockModel,
    diagnostics: &mut Diagnostics,
) -> Option<ForwardModel<'a>> {
    if let Some(path) = &model.trait_ {
        diagnostics
            .error(path, "`#[module]` stands on the struct's own `impl` block, not on the impl of a trait")
            .help("the macro makes `impl Module` from `async fn forward` in an `impl` block without a trait");
        return None;
    }
    if model.ident().is_none() {
        diagnostics
            .error(
                &model.self_ty,
                "`#[module]` needs the `impl` block of a struct",
            )
            .help("write `impl Name { … }`, with the name of the `#[module]` struct");
        return None;
    }
    check_collisions(model, diagnostics);
    let Some(head) = model.forward() else {
        diagnostics
            .error(
                &model.self_ty,
                "this module has no `forward`; it is what the program does with its input",
            )
            .help(EXPECTED);
        return None;
    };
    forward(head, diagnostics)
}

// `call` is what users of the program write; the macro makes it from `forward`.
fn check_collisions(model: &BlockModel, diagnostics: &mut Diagnostics) {
    for method in model.methods.iter().filter(|method| method.ident == "call") {
        diagnostics
            .error(
                &method.ident,
                "`call` is already made by `#[module]`; it is how a program is run",
            )
            .help("give this function another name");
    }
}

fn forward<'a>(head: &'a Signature, diagnostics: &mut Diagnostics) -> Option<ForwardModel<'a>> {
    check_head(head, diagnostics);
    let arguments: Vec<&FnArg> = head.inputs.iter().collect();
    let arguments = check_receiver(head, &arguments, diagnostics);
    let inputs = check_context(head, arguments, diagnostics);
    let inputs: Vec<_> = inputs.into_iter().filter_map(argument).collect();
    check_inputs(&inputs, diagnostics);
    let ReturnType::Type(_, output) = &head.output else {
        diagnostics
            .error(
                &head.ident,
                "`forward` returns nothing; a program answers with its output",
            )
            .help(EXPECTED);
        return None;
    };
    Some(ForwardModel {
        head,
        inputs,
        output,
    })
}

fn check_head(head: &Signature, diagnostics: &mut Diagnostics) {
    if head.asyncness.is_none() {
        diagnostics
            .error(
                head.fn_token,
                "`forward` must be `async`; it waits for a language model",
            )
            .help(EXPECTED);
    }
    if !head.generics.params.is_empty() {
        diagnostics
            .error(
                &head.generics,
                "`forward` cannot be generic; a program has one input and one output",
            )
            .help("put the parameter on the struct, or write the type");
    }
    for input in &head.inputs {
        let FnArg::Typed(input) = input else { continue };
        if matches!(&*input.ty, Type::ImplTrait(_)) {
            diagnostics
                .error(
                    &input.ty,
                    "`forward` cannot be generic; a program has one input and one output",
                )
                .help("write the type");
        }
    }
}

/// Gives back the arguments after `&self`.
fn check_receiver<'s, 'a>(
    head: &Signature,
    arguments: &'s [&'a FnArg],
    diagnostics: &mut Diagnostics,
) -> &'s [&'a FnArg] {
    let Some((FnArg::Receiver(receiver), rest)) = arguments.split_first() else {
        diagnostics
            .error_at(
                at_arguments(head),
                "`forward` has no `&self`; the predictors are in it",
            )
            .help(EXPECTED);
        return arguments;
    };
    let message = match &receiver.kind {
        ReceiverKind::Reference(_, _, None) => return rest,
        ReceiverKind::Reference(_, _, Some(_)) => {
            "`forward` takes `&self`; calls of one program run at the same time"
        }
        _ => "`forward` takes `&self`; a program is called more than once",
    };
    diagnostics.error(receiver, message).help(EXPECTED);
    rest
}

/// Gives back the arguments that are not the context: the inputs.
fn check_context<'a>(
    head: &Signature,
    arguments: &[&'a FnArg],
    diagnostics: &mut Diagnostics,
) -> Vec<&'a FnArg> {
    let holds = "it holds the model, the cache and the budget";
    let place = arguments
        .iter()
        .position(|argument| context(argument).is_some());
    let mut inputs = arguments.to_vec();
    let found = place.map(|place| inputs.remove(place));
    match (place, found) {
        (Some(0), Some(found)) if context(found) == Some(Passed::Shared) => {
            // With more than one thing missing, the other is said first.
            if inputs.is_empty() {
                diagnostics
                    .error_at(
                        at_arguments(head),
                        "`forward` has no input; there is nothing to answer from",
                    )
                    .help(EXPECTED);
            }
        }
        (Some(0), Some(found)) => {
            diagnostics
                .error(found, "`forward` takes the context as `&Context`")
                .help(EXPECTED);
        }
        (Some(_), Some(found)) => {
            diagnostics
                .error(found, format!("`forward` takes the context first; {holds}"))
                .help(EXPECTED);
        }
        _ => {
            let message = format!("`forward` has no `cx: &Context`; {holds}");
            match inputs.first() {
                Some(first) => diagnostics.error(first, message).help(EXPECTED),
                None => diagnostics
                    .error_at(at_arguments(head), message)
                    .help(EXPECTED),
            };
        }
    }
    inputs
}

fn check_inputs(inputs: &[Argument<'_>], diagnostics: &mut Diagnostics) {
    for input in inputs {
        if let Some(and) = input.borrow() {
            diagnostics
                .error(
                    and,
                    "`forward` takes its input by value; the input of a program has no lifetime",
                )
                .help("remove the `&`");
        }
        if inputs.len() > 1 && input.name.is_none() {
            diagnostics
                .error(input.ty, "with several inputs each needs a name; it becomes a field of the module's input")
                .help("write `name: Type`");
        }
    }
}

fn argument(input: &FnArg) -> Option<Argument<'_>> {
    let FnArg::Typed(input) = input else {
        return None;
    };
    let name = match &*input.pat {
        Pat::Ident(pat) if pat.subpat.is_none() => Some(&pat.ident),
        _ => None,
    };
    Some(Argument {
        name,
        ty: &input.ty,
    })
}

/// How an argument takes the context.
#[derive(PartialEq, Eq)]
enum Passed {
    Shared,
    Otherwise,
}

// By name, because a macro sees no types; another `Context` is then rustc's to report.
fn context(argument: &FnArg) -> Option<Passed> {
    let FnArg::Typed(argument) = argument else {
        return None;
    };
    let (ty, passed) = match &*argument.ty {
        Type::Reference(reference) if reference.mutability.is_none() => {
            (&*reference.elem, Passed::Shared)
        }
        Type::Reference(reference) => (&*reference.elem, Passed::Otherwise),
        ty => (ty, Passed::Otherwise),
    };
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    (plain_name(&last.ident) == "Context").then_some(passed)
}

fn at_arguments(head: &Signature) -> Span {
    head.paren_token.span.join()
}
