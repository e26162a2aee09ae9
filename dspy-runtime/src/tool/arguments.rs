//! The arguments that a model gave a tool, read as a reply is read.

use serde_json::{Map, Value};

use crate::parse::{self, Mode, Problem, Repair};
use crate::signature::TypeSpec;

/// The arguments as the tool's schema has them, with what was repaired, or what to tell the model.
///
/// Keys that an open schema does not name are handed on as they are.
pub(super) fn read(
    name: &str,
    spec: &TypeSpec,
    given: Value,
    mode: Mode,
) -> Result<(Value, Vec<Repair>), String> {
    let text = match &given {
        Value::Null => return Ok((Value::Object(Map::new()), Vec::new())),
        Value::String(text) => text.clone(),
        Value::Object(map) => {
            let closed = spec.schema().get("additionalProperties") == Some(&Value::Bool(false));
            let names = spec.schema().get("properties").and_then(Value::as_object);
            if let (true, Some(names)) = (closed, names) {
                let names: Vec<&str> = names.keys().map(String::as_str).collect();
                unknown(map, &names).map_or(Ok(()), Err)?;
            }
            given.to_string()
        }
        other => return Err(format!("the arguments are no JSON object; found `{other}`")),
    };
    let unfit = |problem| format!("the arguments of `{name}` do not fit: {problem}");
    let (mut value, mut repairs) = parse::field(spec, &text, mode).map_err(unfit)?;
    if let Some(problem) = spec.unmet(&value).into_iter().next() {
        return Err(unfit(problem));
    }
    if repairs.contains(&Repair::Unclosed) {
        // A reply can be read to its end; what a cut call would have done is anybody's guess.
        return Err(unfit(Problem::new("", &text, "they are cut off")));
    }
    if let (Some(read), Value::Object(given)) = (value.as_object_mut(), given) {
        for (key, value) in given {
            let left_out = Repair::UnknownKey(key.clone());
            if let Some(at) = repairs.iter().position(|repair| *repair == left_out) {
                repairs.remove(at);
                read.insert(key, value);
            }
        }
    }
    Ok((value, repairs))
}

/// Returns the message to a model that gave arguments of other names, if it did.
pub(crate) fn unknown(map: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let unknown = map.keys().filter(|name| !names.contains(&name.as_str()));
    let texts = unknown.map(|name| match crate::signature::nearest(name, names.iter().copied()) {
        Some(near) => format!("there is no argument `{name}`; did you mean `{near}`?"),
        None => format!("there is no argument `{name}`"),
    });
    let texts: Vec<_> = texts.collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(closed: bool) -> TypeSpec {
        let mut schema = json!({
            "type": "object",
            "properties": {
                "number": {"type": "integer", "minimum": 1},
                "unit": {"enum": ["celsius", "kelvin"]},
                "code": {"type": "string", "pattern": "^[A-Z]+$"},
                "where": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
            },
            "required": ["number"],
        });
        if closed {
            schema["additionalProperties"] = false.into();
        }
        TypeSpec::from_schema(schema)
    }

    fn given(value: Value) -> Result<Value, String> {
        read("t", &spec(true), value, Mode::Tolerant).map(|(value, _)| value)
    }

    #[test]
    fn arguments_are_read_as_replies_are() {
        assert_eq!(given(json!({"number": "3"})), Ok(json!({"number": 3})));
        assert_eq!(
            given(json!({"number": 3, "unit": "Celsius"})),
            Ok(json!({"number": 3, "unit": "celsius"}))
        );
        let inside = json!({"number": 3, "where": "{\"city\": \"Lyon\"}"});
        assert_eq!(given(inside), Ok(json!({"number": 3, "where": {"city": "Lyon"}})));
        assert_eq!(given(json!("{\"number\": 3}")), Ok(json!({"number": 3})));
    }

    #[test]
    fn what_does_not_fit_is_told() {
        for (value, told) in [
            (json!({"number": 0}), "out of range"),
            (json!({"number": 1, "unit": "feet"}), "unit"),
            (json!({"number": 1, "code": "ab"}), "^[A-Z]+$"),
            (json!({}), "number"),
            (json!({"number": 1, "codes": "A"}), "did you mean `code`?"),
            (json!([1]), "no JSON object"),
            (json!("{\"number\": 7"), "cut off"),
            (json!("{\"number\""), "do not fit"),
        ] {
            let error = given(value.clone()).expect_err("it does not fit");
            assert!(error.contains(told), "{value}: {error}");
        }
        let strict = read("t", &spec(true), json!({"number": "3"}), Mode::Strict);
        assert!(strict.is_err(), "{strict:?}");
    }

    #[test]
    fn an_open_schema_hands_on_what_it_does_not_name() {
        let value = json!({"number": "3", "more": [1]});
        let (read, repairs) = read("t", &spec(false), value, Mode::Tolerant).expect("it fits");
        assert_eq!((read, repairs.len()), (json!({"number": 3, "more": [1]}), 1));
        let any = TypeSpec::from_schema(json!({"type": "object"}));
        assert_eq!(super::read("t", &any, Value::Null, Mode::Strict), Ok((json!({}), vec![])));
    }
}
