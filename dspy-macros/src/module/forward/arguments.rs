//! The arguments of `forward`: the program, the context, and the inputs.

use proc_macro2::Span;
use syn::{FnArg, Pat, ReceiverKind, Signature, Type};

use super::check::EXPECTED;
use super::model::Argument;
use crate::diag::Diagnostics;
use crate::ident::plain_name;

/// Reports every argument that is missing, wrong or out of place, and finds the inputs.
pub(super) fn inputs<'a>(head: &'a Signature, diagnostics: &mut Diagnostics) -> Vec<Argument<'a>> {
    let arguments: Vec<&FnArg> = head.inputs.iter().collect();
    let arguments = check_receiver(head, &arguments, diagnostics);
    let inputs = check_context(head, arguments, diagnostics);
    let inputs: Vec<_> = inputs.into_iter().filter_map(argument).collect();
    check_inputs(&inputs, diagnostics);
    inputs
}

/// Gives back the arguments after `&self`.
fn check_receiver<'s, 'a>(
    head: &Signature,
    arguments: &'s [&'a FnArg],
    diagnostics: &mut Diagnostics,
) -> &'s [&'a FnArg] {
    let Some((FnArg::Receiver(receiver), rest)) = arguments.split_first() else {
        diagnostics
            .error_at(at_arguments(head), "`forward` has no `&self`; the predictors are in it")
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
    let place = arguments.iter().position(|argument| context(argument).is_some());
    let mut inputs = arguments.to_vec();
    let found = place.map(|place| inputs.remove(place));
    match (place, found) {
        (Some(0), Some(found)) if context(found) == Some(Passed::Shared) => {
            // Only here, because where the context is missing too, the whole line is shown already.
            if inputs.is_empty() {
                diagnostics
                    .error_at(at_arguments(head), "`forward` has no input; there is nothing to answer from")
                    .help(EXPECTED);
            }
        }
        (Some(0), Some(found)) => {
            diagnostics.error(found, "`forward` takes the context as `&Context`").help(EXPECTED);
        }
        (Some(_), Some(found)) => {
            diagnostics.error(found, format!("`forward` takes the context first; {holds}")).help(EXPECTED);
        }
        _ => {
            let message = format!("`forward` has no `cx: &Context`; {holds}");
            match inputs.first() {
                Some(first) => diagnostics.error(first, message).help(EXPECTED),
                None => diagnostics.error_at(at_arguments(head), message).help(EXPECTED),
            };
        }
    }
    inputs
}

fn check_inputs(inputs: &[Argument<'_>], diagnostics: &mut Diagnostics) {
    for input in inputs {
        if let Some(and) = input.borrow() {
            diagnostics
                .error(and, "`forward` takes its input by value; the input of a program has no lifetime")
                .help("remove the `&`");
        }
        if inputs.len() > 1 && input.name.is_none() {
            diagnostics
                .error(
                    input.ty,
                    "with several inputs each needs a name; it becomes a field of the module's input",
                )
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
    Some(Argument { name, ty: &input.ty })
}

/// The way an argument takes the context.
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
        Type::Reference(reference) if reference.mutability.is_none() => (&*reference.elem, Passed::Shared),
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
