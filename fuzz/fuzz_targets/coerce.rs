//! One value from a text.

#![no_main]

use dspy::parse::{self, Mode};
use dspy::signature::SchemaBuilder;
use dspy_fuzz::{SPECS, split};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((spec, text)) = split(data, &SPECS) else { return };
    let Ok((value, _)) = parse::field(spec, text, Mode::Tolerant) else { return };
    // What was read fits: written as JSON it is read as the same without a repair.
    let schema =
        SchemaBuilder::new("Reply", "Reply.").output_schema("value", "", spec.schema().clone()).build();
    let reply = serde_json::json!({"value": value}).to_string();
    let again = parse::json(&schema, &reply, Mode::Strict);
    assert_eq!(again.map(|again| again.record.get("value").cloned()), Ok(Some(value)));
});
