//! How long reading takes.

use std::time::{Duration, Instant};

use dspy::parse::{self, Mode};
use dspy::signature::TypeSpec;
use serde_json::{Value, json};

type OfSize = Box<dyn Fn(usize) -> String>;

/// Ten times the text takes about ten times as long: with slack for a busy machine, and never a hundred.
#[test]
fn parse_time_is_linear() {
    let person = json!({"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"]});
    let people = json!({"type": "array", "items": person});
    let label = json!({"type": "string", "enum": ["low", "normal", "high", "urgent"]});
    let integers = json!({"type": "array", "items": {"type": "integer"}});
    let texts = json!({"type": "array", "items": {"type": "string"}});
    let union = json!({"anyOf": [texts, integers, person, {"type": "integer"}]});
    let cases: Vec<(&Value, OfSize)> = vec![
        (&people, Box::new(|size| list("{\"name\": \"Ada\", \"age\": 36},", size))),
        (&people, Box::new(|size| list("{name: 'Ada', age: '36'}\n", size))),
        (&people, Box::new(|size| whole("{\"name\": \"Ada\", \"age\": 36}\n", size))),
        (&person, Box::new(|size| whole("{\"name\": \"Ada\", \"age\": 36} or ", size))),
        (&person, Box::new(|size| whole("{note} [see 1] words ", size))),
        (&person, Box::new(|size| whole("{\"a\": \"", size))),
        (&person, Box::new(|size| whole("{", size))),
        (&person, Box::new(|size| whole("\"", size))),
        (&person, Box::new(|size| whole("\" \n", size))),
        (&person, Box::new(|size| whole("<think>", size))),
        (&person, Box::new(|size| whole("</", size))),
        (&person, Box::new(|size| format!("{{\"name\": \"{}\", \"age\": 1}}", whole("a\"b\" ", size)))),
        (&person, Box::new(|size| format!("{{\"name\": \"a\"{}, \"age\": 1}}", whole(" ", size)))),
        (&person, Box::new(|size| whole("[a, {b, ", size))),
        (&label, Box::new(|size| whole("high words ", size))),
        (&label, Box::new(|size| whole("high: ", size))),
        (&label, Box::new(|size| whole("high = the words", size))),
        (&label, Box::new(|size| whole("a-b_c.", size))),
        (&label, Box::new(|size| whole("no: \n", size))),
        (&integers, Box::new(|size| whole("- 1\n", size))),
        (&integers, Box::new(|size| whole("1, ", size))),
        (&integers, Box::new(|size| whole("1", size))),
        (&texts, Box::new(|size| whole("- a\n  b\n", size))),
        (&texts, Box::new(|size| whole("- \n", size))),
        (&union, Box::new(|size| list("\"a\",", size))),
        (&union, Box::new(|size| whole("- a b c\n", size))),
        (&people, Box::new(|size| whole("[[ ## value ## ]]\n", size))),
    ];
    for (schema, text) in &cases {
        let spec = TypeSpec::from_schema((*schema).clone());
        let time = |size| {
            let text = text(size);
            let once = || {
                let start = Instant::now();
                let _ = std::hint::black_box(parse::field(&spec, &text, Mode::Tolerant));
                start.elapsed()
            };
            (0..3).map(|_| once()).min().unwrap_or_default()
        };
        let (short, long) = (time(100_000), time(1_000_000));
        println!("{schema:.20} {short:?} {long:?}");
        let limit = short * 60 + Duration::from_millis(200);
        let sample: String = text(100).chars().take(40).collect();
        assert!(long < limit, "{sample:?}: {short:?} for 100 KB, {long:?} for 1 MB");
    }
}

fn whole(unit: &str, size: usize) -> String {
    unit.repeat(size / unit.len())
}

fn list(unit: &str, size: usize) -> String {
    format!("[{}]", whole(unit, size))
}
