//! Rules that need more than one attribute or field. Simpler ones are checked while parsing.

use proc_macro2::Ident;
use syn::{Data, Fields, GenericParam};

use super::model::{FieldModel, Role, SignatureModel};
use super::{bounds, lifetime};
use crate::diag::Diagnostics;
use crate::ident::plain_name;

/// Reports every rule that the signature breaks.
pub(crate) fn signature(model: &SignatureModel, diagnostics: &mut Diagnostics) {
    if !check_shape(model, diagnostics) {
        // Of an enum there is nothing more to say: it has no fields to look at.
        return;
    }
    check_generics(model, diagnostics);
    check_instructions(model, diagnostics);
    check_roles(model, diagnostics);
    check_both_sides(model, diagnostics);
    check_names(model, diagnostics);
    check_owned(model, diagnostics);
    model.fields.iter().for_each(|field| bounds::field(field, diagnostics));
}

// A signature is a struct with named fields: the names are what the model reads and writes.
fn check_shape(model: &SignatureModel, diagnostics: &mut Diagnostics) -> bool {
    let example =
        "describe the task by a struct with named fields: `struct Name { #[input] a: A, #[output] b: B }`";
    match &model.original.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(_) => return true,
            Fields::Unnamed(fields) => diagnostics.error_at(
                fields.paren_token.span.join(),
                "`#[signature]` needs named fields; the names are what the model reads",
            ),
            Fields::Unit => diagnostics
                .error(model.ident(), "`#[signature]` needs fields; a struct without any describes no task"),
        },
        Data::Enum(data) => diagnostics.error(
            data.enum_token,
            "`#[signature]` cannot describe an enum; a task has all of its fields at once",
        ),
        Data::Union(data) => diagnostics.error(
            data.union_token,
            "`#[signature]` cannot describe a union; a task has all of its fields at once",
        ),
    }
    .help(example);
    false
}

// A model fills owned values of types that are known when the schema is made.
fn check_generics(model: &SignatureModel, diagnostics: &mut Diagnostics) {
    for param in &model.original.generics.params {
        match param {
            GenericParam::Lifetime(param) => diagnostics
                .error(
                    &param.lifetime,
                    "a signature cannot have a lifetime; it holds owned values, because a model fills them",
                )
                .help("use `String` for `&str`, `Vec<T>` for `&[T]`"),
            GenericParam::Type(param) => diagnostics
                .error(
                    &param.ident,
                    "a signature cannot have a type parameter; its schema is fixed when the program is compiled",
                )
                .help("write one signature for each type, or give the field an enum of what it may be"),
            GenericParam::Const(param) => diagnostics
                .error(
                    &param.ident,
                    "a signature cannot have a const parameter; its schema is fixed when the program is compiled",
                )
                .help("write the value itself, or use a `Vec`"),
        };
    }
}

// The doc comment is the first prompt. Without it the model would be told nothing.
fn check_instructions(model: &SignatureModel, diagnostics: &mut Diagnostics) {
    if model.instructions.is_blank() {
        let name = plain_name(model.ident());
        diagnostics.error(
            model.ident(),
            format!(
                "signature `{name}` has no instructions; add a doc comment above it, it becomes the prompt"
            ),
        );
    }
}

// Guessing a role would be silent and, one time in two, wrong.
fn check_roles(model: &SignatureModel, diagnostics: &mut Diagnostics) {
    for field in model.fields.iter().filter(|field| field.role.is_none()) {
        let name = plain_name(&field.ident);
        diagnostics
            .error(&field.ident, format!("field `{name}` has no role; mark it `#[input]` or `#[output]`"))
            .help("`#[meta]` keeps a field in the data and away from the model");
    }
}

// A task turns something into something. A field without a role may be the missing side, and
// has been reported already.
fn check_both_sides(model: &SignatureModel, diagnostics: &mut Diagnostics) {
    if model.fields.iter().any(|field| field.role.is_none()) {
        return;
    }
    let name = plain_name(model.ident());
    for (role, reason) in
        [(Role::Input, "there is nothing to answer from"), (Role::Output, "there is nothing to ask for")]
    {
        if model.of_role(role).next().is_none() {
            let role = role.name();
            diagnostics
                .error(model.ident(), format!("signature `{name}` has no {role}s; {reason}"))
                .help(format!("mark at least one field `#[{role}]`"));
        }
    }
}

// In a prompt and in a row of data, a field is its name, so two fields cannot share one.
fn check_names(model: &SignatureModel, diagnostics: &mut Diagnostics) {
    for (index, field) in model.fields.iter().enumerate() {
        let name = field.name();
        check_reserved(field, &name, diagnostics);
        let earlier = model.fields.iter().take(index).find(|earlier| earlier.name() == name);
        let Some(earlier) = earlier else { continue };
        // Point at the one that was renamed: the other has its name from the struct.
        let (culprit, other) = if field.rename.is_none() { (earlier, field) } else { (field, earlier) };
        let role = culprit.role.map_or("field", Role::name);
        let other = plain_name(&other.ident);
        diagnostics
            .error(culprit.name_tokens(), format!("{role} `{name}` is already the name of field `{other}`"))
            .help("give it a name of its own; the prompt and the data know fields by name only");
    }
}

// `completed` ends a reply, so as a field it would end the reply in its middle.
fn check_reserved(field: &FieldModel, name: &str, diagnostics: &mut Diagnostics) {
    if name == "completed" && matches!(field.role, Some(Role::Input | Role::Output)) {
        diagnostics
            .error(
                field.name_tokens(),
                "`completed` cannot name a field; in a prompt it marks the end of a reply",
            )
            .help("give the prompt another name: `rename = \"is_completed\"`");
    }
}

// What a model writes has no owner to borrow from.
fn check_owned(model: &SignatureModel, diagnostics: &mut Diagnostics) {
    let declared: Vec<&Ident> =
        model.original.generics.lifetimes().map(|param| &param.lifetime.ident).collect();
    for field in &model.fields {
        for reference in lifetime::references(field.ty()) {
            // A borrow for a lifetime of the struct is the same mistake as that lifetime.
            let named = reference.lifetime.as_ref().map(|lifetime| &lifetime.ident);
            if named.is_some_and(|named| declared.contains(&named)) {
                continue;
            }
            let owned = lifetime::owned(&reference.elem);
            diagnostics
                .error(reference, "a signature holds owned values, because a model fills them")
                .help(format!("use `{owned}`"));
        }
    }
}
