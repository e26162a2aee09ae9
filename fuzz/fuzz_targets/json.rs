//! Replies of one JSON object.

#![no_main]

use dspy::parse::{self, Mode};
use dspy_fuzz::{SCHEMAS, split};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((schema, reply)) = split(data, &SCHEMAS) else { return };
    let Ok(parsed) = parse::json(schema, reply, Mode::Tolerant) else { return };
    // What was read fits: written as JSON it is read as the same without a repair.
    let again = parse::json(schema, &parsed.record.to_string(), Mode::Strict);
    assert_eq!(again.map(|again| again.record), Ok(parsed.record));
});
