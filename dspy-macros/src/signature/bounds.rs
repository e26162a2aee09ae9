//! Rules for the bounds of an output: they speak of its type, and leave some value.

use syn::{GenericArgument, PathArguments, Type};

use super::model::FieldModel;
use crate::diag::Diagnostics;
use crate::ident::plain_name;
use crate::key::{Bound, BoundForm, Limits};

/// The types of which it is known what a bound may say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Text,
    List,
    Bool,
}

/// Reports every bound that cannot be meant.
pub(super) fn field(field: &FieldModel, diagnostics: &mut Diagnostics) {
    for (index, bound) in field.bounds.iter().enumerate() {
        check_type(field, bound, diagnostics);
        check_order(bound, &field.bounds[..index], diagnostics);
    }
}

// A bound that says nothing about a type would refuse every reply.
fn check_type(field: &FieldModel, bound: &Bound, diagnostics: &mut Diagnostics) {
    let Some(kind) = kind(field.ty()) else { return };
    let (fits, what) = match bound.form {
        BoundForm::Min | BoundForm::Max => (kind == Kind::Number, "a number"),
        BoundForm::Length => (matches!(kind, Kind::Text | Kind::List), "a text or a list"),
        BoundForm::Pattern => (kind == Kind::Text, "a text"),
        BoundForm::OneOf => (kind != Kind::List, "a text, a number or a boolean"),
    };
    if fits {
        return;
    }
    let (key, name) = (&bound.key, plain_name(&field.ident));
    let error = diagnostics.error(key, format!("`{key}` bounds {what}; field `{name}` is {}", kind.words()));
    match (bound.form, kind) {
        (BoundForm::Min | BoundForm::Max, Kind::Text | Kind::List) => {
            error.help("bound how long it is with `len = 1..=5`")
        }
        (BoundForm::Length, Kind::Number) => error.help("bound how great it is with `min` and `max`"),
        _ => error.help("use `check(|value| …, \"what must hold\")` for any other condition"),
    };
}

// Bounds that no value meets are reported, on the later one of two.
fn check_order(bound: &Bound, before: &[Bound], diagnostics: &mut Diagnostics) {
    if let Limits::Pattern(pattern) = &bound.limits
        && let Err(error) = regex_lite::Regex::new(&pattern.value())
    {
        diagnostics.error(pattern, format!("not a regular expression: {error}"));
    }
    if let Limits::Length { least, most: Some(most) } = bound.limits
        && least > most
    {
        diagnostics.error(&bound.original, "no length is in this range; the lower end comes first");
    }
    let Limits::Number(number) = bound.limits else { return };
    let other =
        before.iter().find(|other| other.form != bound.form && matches!(other.limits, Limits::Number(_)));
    let Some(other) = other else { return };
    let Limits::Number(first) = other.limits else { return };
    let (least, most) = match bound.form {
        BoundForm::Min => (number, first),
        _ => (first, number),
    };
    if least.value() > most.value() {
        diagnostics
            .error(&bound.original, "no number is between `min` and `max`; `min` is the lower one")
            .help(format!("`{}` is {}", other.key, other.original));
    }
}

impl Kind {
    fn words(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Bool => "a boolean",
        }
    }
}

// Only types that everybody writes in one way; for any other the bound is taken as it is.
fn kind(ty: &Type) -> Option<Kind> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match last.ident.to_string().as_str() {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize"
        | "f32" | "f64" => Some(Kind::Number),
        "String" => Some(Kind::Text),
        "bool" => Some(Kind::Bool),
        "Vec" => Some(Kind::List),
        "Option" | "Box" => match &last.arguments {
            PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
                GenericArgument::Type(inner) => kind(inner),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}
