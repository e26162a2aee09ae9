//! Texts and schemas that make no sense.

use proptest::prelude::*;
use serde_json::Value;

use super::types::words;

/// Text of the signs that the parser looks for.
pub fn noise() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "\"",
        "'",
        "`",
        "```",
        "\"\"\"",
        "“",
        "”",
        "«",
        ",",
        ":",
        "=",
        "\n",
        " ",
        "\\",
        "\\u",
        "d800",
        "\\ud83d\\ude00",
        "//",
        "/*",
        "*/",
        "#",
        "- ",
        "1. ",
        "1",
        "0",
        ".5",
        "1,234",
        "1e999",
        "-",
        "+",
        "NaN",
        "true",
        "None",
        "null",
        "yes",
        "not ",
        "or",
        "high",
        "value",
        "\"value\"",
        "\"value\":",
        "a",
        "é",
        "中",
        "[[ ## value ## ]]\n",
        "[[ ## completed ## ]]",
        "<think>",
        "</think>",
        "\u{feff}",
        "\0",
        "\r\n",
        "...",
        "%",
        "$",
    ]);
    prop_oneof![
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()),
        any::<String>(),
        words(),
    ]
}

/// Any JSON, schemas among it.
pub fn anything() -> impl Strategy<Value = Value> {
    let key = proptest::sample::select(vec![
        "type",
        "properties",
        "items",
        "prefixItems",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "required",
        "enum",
        "const",
        "minimum",
        "maximum",
        "minItems",
        "additionalProperties",
        "patternProperties",
        "$defs",
        "not",
        "a",
        "b",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Value::from),
        words().prop_map(Value::from),
        proptest::sample::select(vec![
            "object",
            "array",
            "string",
            "integer",
            "number",
            "boolean",
            "null",
            "#",
            "#/$defs/a",
            "#/properties/a"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            proptest::collection::vec((key.clone(), inner), 0..5).prop_map(|entries| {
                Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    })
}
