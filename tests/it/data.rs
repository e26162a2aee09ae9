//! Rows from files, and splits.

use dspy::{ErrorKind, Rows, Splits, signature};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::task::{Fruit, Guess, row, rows};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Size {
    width: u32,
    tags: Vec<String>,
}

/// Describe the box.
#[signature]
struct Boxed {
    #[input]
    label: String,
    #[input(rename = "type")]
    kind: Option<String>,
    #[output(desc = "")]
    size: Size,
    #[output(desc = "")]
    fragile: bool,
}

fn error<T: std::fmt::Debug>(outcome: dspy::Result<T>) -> String {
    let error = outcome.expect_err("bad input");
    assert_eq!(error.kind(), ErrorKind::Data);
    error.to_string()
}

#[test]
fn jsonl_rows_are_typed() {
    let text = "\u{feff}{\"label\": \"a\", \"type\": null, \"size\": {\"width\": 1, \"tags\": [\"x\"]}, \"fragile\": true}\r\n\n\
                {\"label\": \"b\", \"size\": {\"width\": 2, \"tags\": []}, \"fragile\": false}";
    let rows = Rows::<Boxed>::from_jsonl(text, "boxes.jsonl").expect("good rows");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].size, Size { width: 1, tags: vec!["x".into()] });
    assert_eq!((rows[1].label.as_str(), rows[1].kind.clone(), rows[1].fragile), ("b", None, false));
}

#[test]
fn csv_rows_are_typed() {
    let text = "label,type,size,fragile\n\"a, b\",7,\"{\"\"width\"\": 1, \"\"tags\"\": []}\",true\n";
    let rows = Rows::<Boxed>::from_csv(text, "boxes.csv");
    let message = error(rows);
    assert!(message.starts_with("boxes.csv, line 2: field `type`: "), "a number is not a string: {message}");
    let rows = Rows::<Boxed>::from_csv(&text.replace(",7,", ",,"), "boxes.csv").expect("good rows");
    assert_eq!((rows[0].label.as_str(), rows[0].size.width), ("a, b", 1));
}

#[test]
fn bad_rows_say_file_line_field_type_and_text() {
    let check = |line: &str, says: &str| {
        let text = format!("{{\"id\": \"1\", \"looks\": \"red\", \"fruit\": \"apple\"}}\n{line}\n");
        let message = error(Rows::<Guess>::from_jsonl(&text, "rows.jsonl"));
        assert_eq!(message, format!("rows.jsonl, line 2: {says}"));
    };
    check(
        "{\"id\": \"2\", \"loks\": \"red\", \"fruit\": \"apple\"}",
        "unknown field `loks`; did you mean `looks`?; field `looks`: it is missing; expected string",
    );
    check(
        "{\"id\": \"2\", \"looks\": \"red\", \"fruit\": \"apple\", \"weight\": 3}",
        "unknown field `weight`; `Guess` has `id`, `looks`, `fruit`",
    );
    check(
        "{\"id\": \"2\", \"looks\": \"red\", \"fruit\": \"pear\"}",
        "field `fruit`: unknown variant `pear`, expected one of `apple`, `banana`, `cherry`; \
         expected one of \"apple\", \"banana\", \"cherry\"; found `\"pear\"`",
    );
    check("{\"id\": \"2\", ", "not a JSON object (column 12): EOF while parsing a value at line 1 column 12");
}

#[test]
fn a_nested_mistake_is_found_by_its_path() {
    let text = "{\"label\": \"a\", \"size\": {\"width\": -1, \"tags\": []}, \"fragile\": true}";
    let message = error(Rows::<Boxed>::from_jsonl(text, "boxes.jsonl"));
    assert!(message.contains("field `size.width`"), "{message}");
}

#[test]
fn files_are_told_apart_by_their_ending_and_named_in_errors() {
    let folder = std::env::temp_dir().join(format!("dspy-data-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("rows.csv");
    std::fs::write(&file, "id,looks,fruit\n1,red,apple\n").expect("written");
    assert_eq!(Rows::<Guess>::load(&file).expect("a good file")[0].fruit, Fruit::Apple);
    std::fs::write(&file, "id,looks,fruit\n").expect("written");
    assert!(error(Rows::<Guess>::load(&file)).ends_with("has no rows"));
    let xml = folder.join("rows.xml");
    std::fs::write(&xml, "<row/>").expect("written");
    assert!(error(Rows::<Guess>::load(&xml)).contains("use .jsonl, .ndjson or .csv"));
    std::fs::remove_dir_all(&folder).expect("removed");
    let gone = Rows::<Guess>::load(&file).expect_err("no file");
    assert_eq!(gone.kind(), ErrorKind::Io);
    assert!(gone.to_string().contains("rows.csv"));
}

#[test]
fn a_row_in_two_splits_is_found_by_id_and_else_by_content() {
    let by_id = Splits::new(rows(0, 3), vec![row(1, "something else", Fruit::Apple)].into(), rows(9, 1));
    assert!(error(by_id).ends_with("row 2 of train is also row 1 of validation (id `row-1`)"));
    let lines = |text: &str| Rows::<Boxed>::from_jsonl(text, "boxes.jsonl").expect("good rows");
    let first = "{\"label\": \"a\", \"size\": {\"width\": 1, \"tags\": []}, \"fragile\": true}";
    let same =
        "{\"fragile\": true, \"label\": \"a\", \"type\": null, \"size\": {\"tags\": [], \"width\": 1}}";
    let other = first.replace("\"a\"", "\"b\"");
    let by_content = Splits::new(lines(first), lines(&other), lines(same));
    assert!(error(by_content).ends_with("row 1 of train is also row 1 of test"));
    assert!(
        error(Splits::new(rows(0, 2), Rows::from(Vec::new()), rows(4, 2)))
            .contains("validation split has no rows")
    );
}
