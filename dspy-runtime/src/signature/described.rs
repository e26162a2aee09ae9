//! The fields of a struct as data, for those who ask before there is a value: a service that says what it
//! takes, a command line that reads an argument by its type.

use serde_json::Value;

use super::fields::{Fields, Reader};
use super::schema::{Field, Role, Schema};
use super::types::TypeSpec;
use super::{json_schema, nearest, takes_null};
use crate::error::{ErrorKind, Result};
use crate::problem::Problem;
use crate::value::Record;

/// The fields of a carrier with their types.
#[derive(Clone, Debug, Default)]
pub struct Described {
    fields: Vec<Field>,
}

impl Described {
    /// The inputs of a signature.
    pub fn inputs(schema: &Schema) -> Self {
        Self { fields: schema.inputs().cloned().collect() }
    }

    /// The outputs of a signature.
    pub fn outputs(schema: &Schema) -> Self {
        Self { fields: schema.outputs().cloned().collect() }
    }

    /// Adds one more field, of which only the type is known.
    #[must_use]
    pub fn with(mut self, spec: TypeSpec, name: &str) -> Self {
        self.fields.push(Field::new(name, "", Role::Input, spec));
        self
    }

    /// The fields in order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Reads fields that someone has typed or sent: nothing may be missing and nothing may be added.
    ///
    /// # Errors
    ///
    /// When something is missing, unknown or of another type; the error lists all of it.
    pub fn read<F: Fields>(record: Record) -> Result<F> {
        let Some(described) = F::described() else { return F::from_record(record) };
        let mut problems: Vec<Problem> = record
            .names()
            .filter(|name| described.field(name).is_none())
            .map(|name| described.unknown(name))
            .collect();
        let mut reader = Reader::new(record);
        let fields = F::read(&mut reader);
        problems.extend(
            reader.into_problems().into_iter().map(|problem| typed(problem, |name| described.field(name))),
        );
        match fields {
            Some(fields) if problems.is_empty() => Ok(fields),
            _ => Err(Problem::error(ErrorKind::Data, problems)),
        }
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name() == name)
    }

    fn unknown(&self, name: &str) -> Problem {
        let names = || self.fields.iter().map(Field::name);
        let reason = match nearest(name, names()) {
            Some(near) => format!("there is no such field; did you mean `{near}`?"),
            None => {
                format!("there is no such field; there is `{}`", names().collect::<Vec<_>>().join("`, `"))
            }
        };
        Problem::new(name, "", &reason)
    }

    /// The JSON schema of an object that holds them, their values as serde has them: closed, and without those that may
    /// be left out among the required ones.
    pub fn json_schema(&self) -> Value {
        let mut schema = json_schema::published(self.fields.iter());
        let may_be_left_out = |name: &Value| {
            self.fields.iter().any(|field| name == field.name() && takes_null(field.spec().schema()))
        };
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| !may_be_left_out(name));
        }
        schema
    }
}

/// Completes a problem with the type of the field that it is in.
pub(crate) fn typed<'a>(problem: Problem, field: impl Fn(&str) -> Option<&'a Field>) -> Problem {
    let name = problem.path.split(['.', '[']).next().unwrap_or_default().to_owned();
    match field(&name) {
        Some(field) => problem.of(&name, field.spec().text()),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_option_may_be_left_out_and_nothing_may_be_added() {
        let described = Described::default()
            .with(TypeSpec::of::<String>(), "text")
            .with(TypeSpec::of::<Option<u8>>(), "limit");
        let schema = described.json_schema();
        assert_eq!(schema["required"], json!(["text"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert_eq!(schema["properties"]["text"]["type"], "string");
    }
}
