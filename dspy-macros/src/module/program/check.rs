//! Rules that need more than one attribute.

use syn::{Data, Fields};

use super::model::ProgramModel;
use crate::diag::Diagnostics;

/// Reports every rule that the program breaks.
pub(crate) fn program(model: &ProgramModel, diagnostics: &mut Diagnostics) {
    check_shape(model, diagnostics);
}

// The name of a field is the name of its predictor in artifacts and reports.
fn check_shape(model: &ProgramModel, diagnostics: &mut Diagnostics) {
    match &model.original.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => return,
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
}
