//! Rules that need more than one attribute.

use syn::{Data, Fields};

use super::model::{PartKind, ProgramModel, Wired};
use crate::diag::Diagnostics;
use crate::ident::plain_name;
use crate::module::wiring;

/// Reports every rule that the program breaks.
pub(crate) fn program(model: &ProgramModel, diagnostics: &mut Diagnostics) {
    if !check_shape(model, diagnostics) {
        return;
    }
    match &model.wiring {
        Wired::No => check_no_calls(model, diagnostics),
        Wired::Yes(wiring) => {
            // A call that cannot be read makes and uses wires that nobody knows.
            if check_calls(model, diagnostics) && model.all_calls_read {
                wiring::check(wiring, &model.calls, diagnostics);
            }
        }
        Wired::Broken => {}
    }
}

// The name of a field is the name of its predictor in artifacts and reports.
fn check_shape(model: &ProgramModel, diagnostics: &mut Diagnostics) -> bool {
    match &model.original.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => return true,
            Fields::Unnamed(fields) => diagnostics.error_at(
                fields.paren_token.span.join(),
                "`#[module]` needs named fields; a predictor is known by the name of its field",
            ),
            Fields::Unit => diagnostics.error(
                model.ident(),
                "`#[module]` needs named fields; a program without a predictor has nothing to learn",
            ),
        },
        Data::Enum(data) => diagnostics.error(
            data.enum_token,
            "`#[module]` cannot stand on an enum; a program has all of its predictors at once",
        ),
        Data::Union(data) => diagnostics.error(
            data.union_token,
            "`#[module]` cannot stand on a union; a program has all of its predictors at once",
        ),
    }
    .help("write a struct with a field for each predictor: `struct Name { answer: Predict<Answer> }`");
    false
}

// Said once: it is one thing that is missing.
fn check_no_calls(model: &ProgramModel, diagnostics: &mut Diagnostics) {
    let on_field = model.fields.iter().find_map(|part| part.call.as_ref());
    let on_struct = model.original.attrs.iter().find(|attr| attr.path().is_ident("call"));
    if let Some(attr) = on_struct.or(on_field) {
        diagnostics
            .error(attr, "this `#[call]` has no wiring to be part of")
            .help("say what goes in and out of the program: `#[module(Task: inputs -> outputs)]`");
    }
}

// Whether there is something to check the wires of.
fn check_calls(model: &ProgramModel, diagnostics: &mut Diagnostics) -> bool {
    let on_struct = model.original.attrs.iter().any(|attr| attr.path().is_ident("call"));
    if !on_struct && model.fields.iter().all(|part| part.call.is_none()) {
        let name = plain_name(model.ident());
        diagnostics
            .error(model.ident(), format!("`{name}` is wired, but nothing in it is called"))
            .help("write `#[call(inputs -> outputs)]` above each predictor");
        return false;
    }
    for part in &model.fields {
        let name = plain_name(&part.ident);
        match (&part.call, part.kind) {
            (None, PartKind::Learned | PartKind::Frozen) => diagnostics
                .error(&part.ident, format!("predictor `{name}` has no `#[call]`; nothing would run it"))
                .help("write `#[call(inputs -> outputs)]` above it"),
            (Some(attr), PartKind::Plain) => diagnostics
                .error(attr, format!("field `{name}` is `#[plain]`; there is no module in it to call"))
                .help("call a function: `#[call(fn name(inputs) -> output)]` on the struct"),
            _ => continue,
        };
    }
    true
}
