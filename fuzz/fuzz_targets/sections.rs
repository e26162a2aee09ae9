//! Replies of sections.

#![no_main]

use dspy::parse::{self, Mode};
use dspy_fuzz::{SCHEMAS, split};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some((schema, reply)) = split(data, &SCHEMAS) else { return };
    let tolerant = parse::sections(schema, reply, Mode::Tolerant);
    let strict = parse::sections(schema, reply, Mode::Strict);
    match (tolerant, strict) {
        (Ok(tolerant), Ok(strict)) => {
            assert!(strict.repairs.is_empty());
            assert_eq!(tolerant, strict, "what needs no repair is read in one way");
        }
        (Ok(tolerant), Err(_)) => {
            assert!(!tolerant.repairs.is_empty(), "a refusal has a repair for its reason")
        }
        (Err(problems), strict) => {
            assert!(!problems.is_empty() && strict.is_err());
            assert!(problems.iter().all(|problem| !problem.reason.is_empty()));
        }
    }
});
