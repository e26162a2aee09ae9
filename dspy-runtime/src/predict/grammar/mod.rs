//! The text of a signature: `"instructions", question, context: list[str] -> answer: str "in one word"`.

mod text;
mod types;

pub(super) use types::{Kind, misfit};

use std::sync::Arc;

use crate::error::Result;
use crate::signature::{Role, Schema, SchemaBuilder, TypeSpec};
use text::Text;

/// The parsed text.
pub(super) struct Parsed {
    pub(super) schema: Arc<Schema>,
    /// The types of the fields, in the schema's order.
    pub(super) kinds: Vec<Kind>,
}

/// Reads a signature.
pub(super) fn parse(source: &str) -> Result<Parsed> {
    let mut text = Text::new(source);
    let instructions = match text.string()? {
        Some((instructions, place)) => {
            if instructions.trim().is_empty() {
                return Err(
                    text.error(place, "these instructions are blank; leave them out, or say what to do")
                );
            }
            text.expect(",", "expected `,` between the instructions and the inputs")?;
            Some(instructions)
        }
        None => None,
    };
    let mut fields: Vec<Field> = Vec::new();
    side(&mut text, Role::Input, &mut fields)?;
    text.expect("->", "expected `->` and the outputs")?;
    side(&mut text, Role::Output, &mut fields)?;
    if !text.is_done() {
        return Err(text.error(text.place(), "expected `,` between two fields"));
    }
    let names = |role| {
        let side = fields.iter().filter(|field| field.role == role);
        side.map(|field| format!("`{}`", field.name)).collect::<Vec<_>>().join(", ")
    };
    // As `predict!` has it.
    let instructions = instructions
        .unwrap_or_else(|| format!("Work out {} from {}.", names(Role::Output), names(Role::Input)));
    let mut schema = SchemaBuilder::new("DynPredict", &instructions);
    for field in &fields {
        schema = schema.with(
            &field.name,
            &field.description,
            field.role,
            TypeSpec::from_schema(field.kind.schema()),
        );
    }
    Ok(Parsed { schema: schema.build(), kinds: fields.into_iter().map(|field| field.kind).collect() })
}

struct Field {
    name: String,
    description: String,
    role: Role,
    kind: Kind,
}

fn side(text: &mut Text<'_>, role: Role, fields: &mut Vec<Field>) -> Result<()> {
    loop {
        let place = text.place();
        let Some(name) = text.name() else {
            return Err(text.error(place, "expected the name of a field"));
        };
        if name == "completed" {
            return Err(
                text.error(place, "`completed` cannot name a field; in a prompt it marks the end of a reply")
            );
        }
        if fields.iter().any(|field| field.name == name) {
            return Err(text.error(place, &format!("field `{name}` stands here twice")));
        }
        let name = name.to_owned();
        let kind = if text.take(":") { types::kind(text)? } else { Kind::Text };
        let description = text.string()?.map(|(description, _)| description).unwrap_or_default();
        fields.push(Field { name, description, role, kind });
        let done = text.is_done() || !text.take(",");
        if done || text.is_done() || text.is_at("->") {
            return Ok(());
        }
    }
}
