//! The version of a program: a hash of all that its artifacts depend on.

use serde_json::{Value, json};

use super::{Predictors, Program, visit};
use crate::fingerprint;
use crate::predictor::Predictor;
use crate::signature::{Role, Schema};

/// See [`Module::version`](super::Module::version).
pub(crate) fn of<P: Predictors + Program + ?Sized>(program: &P) -> String {
    let mut predictors = Vec::new();
    let parts = visit::each_in_parts(program, |path, predictor, frozen| {
        predictors.push(json!([path, frozen, described(predictor)]));
    });
    let parts: Vec<Value> =
        parts.iter().map(|part| json!([part.path, part.name, part.version, part.wiring])).collect();
    fingerprint::of(&json!({"program": [P::NAME, P::CRATE], "modules": parts, "predictors": predictors}))
}

fn described(predictor: &Predictor) -> Value {
    let schema: &Schema = predictor.schema();
    let fields = schema.fields().iter().filter(|field| field.role() != Role::Meta);
    let fields: Vec<Value> = fields
        .map(|field| json!([field.name(), field.description(), field.conditions().collect::<Vec<_>>()]))
        .collect();
    let (adapter, nearest) = predictor.fixed();
    json!({"types": schema.fingerprint(), "fields": fields, "adapter": adapter, "nearest": nearest})
}
