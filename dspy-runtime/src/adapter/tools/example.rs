//! A call of a tool that a model can copy.

use serde_json::{Map, Value, json};

use crate::parse::{self, Mode};
use crate::prompt::ToolSpec;
use crate::signature::TypeSpec;

/// A call with arguments that fit, as far as the schema tells what fits.
pub(super) fn call(tool: &ToolSpec) -> Option<Value> {
    let arguments = object(&tool.parameters)?;
    let spec = TypeSpec::from_schema(tool.parameters.clone());
    let fits = parse::field(&spec, &arguments.to_string(), Mode::Strict).is_ok();
    fits.then(|| json!({"tool": tool.name, "arguments": arguments}))
}

/// The arguments that must be there.
fn object(schema: &Value) -> Option<Value> {
    let empty = Map::new();
    let properties = schema.get("properties").map_or(Some(&empty), Value::as_object)?;
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let entry = |name: &str| Some((name.to_owned(), value(name, properties.get(name)?)?));
    required.map(|name| entry(name.as_str()?)).collect::<Option<Map<_, _>>>().map(Value::Object)
}

fn value(name: &str, schema: &Value) -> Option<Value> {
    let told = ["const", "default"].into_iter().find_map(|key| schema.get(key));
    let listed = ["examples", "enum"].into_iter().find_map(|key| schema.get(key)?.as_array()?.first());
    if let Some(value) = told.or(listed) {
        return Some(value.clone());
    }
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
    match schema.get("type")?.as_str()? {
        // What a pattern or format takes is not known here.
        "string" if schema.get("pattern").is_none() && schema.get("format").is_none() => {
            Some(Value::from(name))
        }
        "integer" | "number" => {
            let least =
                bound("minimum").or(bound("exclusiveMinimum").map(|least| least + 1.0)).unwrap_or(1.0);
            let most = bound("maximum").unwrap_or(f64::MAX);
            let number = 1.0_f64.max(least).min(most);
            #[allow(clippy::cast_possible_truncation, reason = "it is whole and small")]
            let whole = (number.fract() == 0.0 && number.abs() < 1e9).then_some(number as i64);
            whole.map(Value::from)
        }
        "boolean" => Some(Value::Bool(true)),
        "array" if bound("minItems").is_none_or(|least| least == 0.0) => Some(json!([])),
        "object" => object(schema),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(properties: Value, required: Value) -> Option<Value> {
        let schema = json!({"type": "object", "properties": properties, "required": required});
        call(&ToolSpec::new("find", "", schema)).map(|call| call["arguments"].clone())
    }

    #[test]
    fn what_must_be_there_is_there_and_fits() {
        let properties = json!({"number": {"type": "integer", "minimum": 3}, "item": {"type": "string"},
            "unit": {"type": "string", "enum": ["kg", "g"]}, "note": {"type": "string"}});
        let arguments = of(properties, json!(["number", "item", "unit"]));
        assert_eq!(arguments, Some(json!({"number": 3, "item": "item", "unit": "kg"})));
        assert_eq!(of(json!({}), json!([])), Some(json!({})));
    }

    #[test]
    fn what_cannot_be_known_to_fit_is_not_shown() {
        assert_eq!(of(json!({"day": {"type": "string", "format": "date"}}), json!(["day"])), None);
        assert_eq!(of(json!({"code": {"type": "string", "minLength": 9}}), json!(["code"])), None);
        assert_eq!(of(json!({"any": {"$ref": "#/$defs/A"}}), json!(["any"])), None);
    }
}
