//! The task of a step, so that its types are known again.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::signature::{Constraint, Field, Role, Schema, SchemaBuilder, TypeSpec};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedSchema {
    name: String,
    instructions: String,
    fields: Vec<SavedField>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedField {
    name: String,
    role: Role,
    description: String,
    schema: Value,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    checks: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    constraints: Vec<Constraint>,
}

impl SavedSchema {
    pub(super) fn of(schema: &Schema) -> Self {
        let field = |field: &Field| SavedField {
            name: field.name().to_owned(),
            role: field.role(),
            description: field.description().to_owned(),
            schema: field.spec().schema().clone(),
            checks: field.checks().to_vec(),
            constraints: field.constraints().to_vec(),
        };
        Self {
            name: schema.name().to_owned(),
            instructions: schema.instructions().to_owned(),
            fields: schema.fields().iter().map(field).collect(),
        }
    }

    pub(super) fn schema(self) -> Arc<Schema> {
        let mut builder = SchemaBuilder::new(&self.name, &self.instructions);
        for field in self.fields {
            let spec = TypeSpec::from_schema(field.schema);
            builder = builder.with(&field.name, &field.description, field.role, spec);
            builder = field.checks.iter().fold(builder, |builder, check| builder.check(check));
            builder = field.constraints.into_iter().fold(builder, SchemaBuilder::constraint);
        }
        builder.build()
    }
}
