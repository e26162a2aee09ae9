//! The inputs and outputs, as an OpenAPI 3.1 document.

use serde_json::{Value, json};

use crate::module::Module;
use crate::signature::Fields;

/// The document of a program's service.
pub(super) fn document<M: Module>(guarded: bool) -> Value {
    let body = |schema: &str| json!({"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}});
    let problem = |text: &str| {
        json!({"description": text, "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        }})
    };
    let mut answer = body("Answer");
    answer["text/event-stream"] = json!({
        "schema": {"type": "string"},
        "example": "event: field_delta\ndata: {\"event\":\"field_delta\",…}\n\nevent: output\ndata: {\"output\":…}\n\n",
    });
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {"title": M::NAME, "version": "1"},
        "paths": {
            "/run": {"post": {
                "operationId": "run",
                "summary": "Runs the program on one input",
                "requestBody": {"required": true, "content": body("Input")},
                "responses": {
                    "200": {"description": "The outputs; with `accept: text/event-stream` field by field", "content": answer},
                    "400": problem("The body is no JSON object"),
                    "401": problem("The bearer token is missing or wrong"),
                    "408": problem("The body did not come in time"),
                    "413": problem("The body is too large"),
                    "415": problem("The body is not said to be JSON"),
                    "422": problem("The inputs are not those of the program, or the model cannot take them"),
                    "500": problem("The program failed"),
                    "502": problem("The model's provider failed"),
                    "503": problem("No room at the moment"),
                    "504": problem("No answer in time"),
                },
            }},
            "/health": {"get": {"summary": "Whether the process lives", "responses": {"200": {"description": "It does"}}}},
            "/ready": {"get": {"summary": "Whether it takes requests", "responses": {
                "200": {"description": "It does"},
                "503": {"description": "It is being shut down"},
            }}},
            "/metrics": {"get": {"summary": "Counters and histograms for Prometheus", "responses": {
                "200": {"description": "OpenMetrics text"},
            }}},
        },
        "components": {"schemas": {
            "Input": schema::<M::Input>("Input"),
            "Output": schema::<M::Output>("Output"),
            "Answer": {
                "type": "object",
                "required": ["output", "model", "usage"],
                "properties": {
                    "output": {"$ref": "#/components/schemas/Output"},
                    "model": {"type": "string"},
                    "release": {"type": "integer", "description": "The version of the artifact that answered"},
                    "usage": {"type": "object", "description": "LM calls and tokens", "additionalProperties": {"type": "integer"}},
                },
            },
            "Problem": {
                "type": "object",
                "description": "RFC 9457",
                "required": ["title", "status", "kind", "detail"],
                "properties": {
                    "type": {"type": "string"},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "kind": {"type": "string"},
                    "detail": {"type": "string"},
                    "problems": {"type": "array", "items": {"type": "object"}},
                },
            },
        }},
    });
    if guarded {
        document["components"]["securitySchemes"] = json!({"token": {"type": "http", "scheme": "bearer"}});
        document["paths"]["/run"]["post"]["security"] = json!([{"token": []}]);
        document["paths"]["/metrics"]["get"]["security"] = json!([{"token": []}]);
    }
    document
}

/// The schema of one side, with its references where it now stands; any object where nothing is known.
fn schema<F: Fields>(name: &str) -> Value {
    let Some(described) = F::described() else { return json!({"type": "object"}) };
    let mut schema = described.json_schema();
    moved(&mut schema, &format!("#/components/schemas/{name}/$defs/"));
    schema
}

/// References are from the root of the document, of which the schema is a part.
fn moved(value: &mut Value, place: &str) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| match value {
            Value::String(target) if key == "$ref" => {
                if let Some(name) = target.strip_prefix("#/$defs/") {
                    *target = format!("{place}{name}");
                }
            }
            value => moved(value, place),
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| moved(item, place)),
        _ => {}
    }
}
