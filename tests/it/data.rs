//! Rows from files, and splits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use dspy::{ErrorKind, Rows, Splits, signature};
use proptest::prelude::*;
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
    format!("{error:#}")
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
fn what_is_wrong_with_a_file_is_said_once_and_whole() {
    let gone = Rows::<Guess>::load("no/such/rows.jsonl").expect_err("no file");
    let no_json = Rows::<Guess>::from_jsonl("{\"id\": 1,", "rows.jsonl").expect_err("no JSON");
    let no_csv = Rows::<Guess>::from_csv("id,looks,fruit\n1,red\n", "rows.csv").expect_err("no CSV");
    for (error, own, rest) in [
        (&gone, "cannot read `no/such/rows.jsonl`", "No such file"),
        (&no_json, "rows.jsonl, line 1: not a JSON object", "EOF while parsing"),
        (&no_csv, "rows.csv, line 2: not CSV", "found record with 2 fields"),
    ] {
        let (mut said, mut next) = (vec![error.to_string()], std::error::Error::source(error));
        while let Some(error) = next {
            said.push(error.to_string());
            next = error.source();
        }
        assert!(said[0].starts_with(own) && !said[0].contains(rest), "{said:?}");
        assert_eq!(said[1..].iter().filter(|text| text.contains(rest)).count(), 1, "{said:?}");
        assert_eq!(format!("{error:#}"), said.join(": "));
        assert!(error.is_mine() && !error.is_retryable());
    }
    let cause = gone.cause().and_then(|cause| cause.downcast_ref::<std::io::Error>());
    assert_eq!(cause.map(std::io::Error::kind), Some(std::io::ErrorKind::NotFound));
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

/// Sort a message to a bank by what the customer wants.
#[signature]
struct Sort {
    #[meta]
    id: String,
    #[input]
    text: String,
    /// What the customer wants.
    #[output]
    intent: String,
}

/// Sort a ticket of the example.
#[signature]
struct Ticket {
    #[meta]
    id: String,
    #[meta]
    kind: String,
    #[input]
    ticket_text: String,
    #[input]
    policy_context: String,
    #[output(desc = "")]
    queue: String,
    #[output(desc = "")]
    resolution: String,
}

fn message(id: usize, text: &str, intent: &str) -> Sort {
    Sort { id: format!("m{id}"), text: text.into(), intent: intent.into() }
}

/// Texts of which no two are alike: the digits of a number in words, in another order for each.
fn distinct(number: usize) -> String {
    const WORDS: [&str; 10] =
        ["zebra", "onion", "tunnel", "marble", "violin", "kettle", "saddle", "pepper", "anchor", "needle"];
    let mixed = number.wrapping_mul(7_919) % 99_991;
    (0..5).map(|place| WORDS[mixed / 10_usize.pow(place) % 10]).collect::<Vec<_>>().join(" ")
        + &format!(" {number}")
}

#[test]
fn the_same_inputs_under_another_id_or_label_are_a_leak() {
    let one = |id, text: &str, intent| Rows::from(vec![message(id, text, intent)]);
    let splits = Splits::new(
        one(1, "my card is gone", "lost"),
        one(2, "hello", "other"),
        one(3, "my card is gone", "stolen"),
    );
    assert!(error(splits).ends_with("row 1 of train (id `m1`) has the inputs of row 1 of test (id `m3`)"));
    // Twice in one split is nobody's loss.
    let twice =
        Rows::from(vec![message(1, "my card is gone", "lost"), message(2, "my card is gone", "lost")]);
    assert!(Splits::new(twice, one(3, "hello", "other"), one(4, "thanks", "other")).is_ok());
}

#[test]
fn near_duplicates_are_listed_with_the_row_they_are_most_like_and_refused_on_demand() {
    let rows = |texts: &[&str], from: usize| {
        texts.iter().enumerate().map(|(place, text)| message(from + place, text, "x")).collect::<Rows<_>>()
    };
    let splits = Splits::new(
        rows(&["I want to open an account for my child.", "How do I verify my card?"], 0),
        rows(&["I want to open an account for my children!", "How do I stop fraud to my card?"], 10),
        rows(&["i want to open an account for my children", "How do I change my card?"], 20),
    );
    let splits = splits.expect("no row twice");
    let found: Vec<String> =
        splits.near_duplicates().expect("rows").iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "row 1 of train (id `m0`) is nearly row 1 of validation (id `m10`): 0.88 alike",
            "row 1 of validation (id `m10`) is nearly row 1 of test (id `m20`): 1.00 alike",
        ]
    );
    assert!(error(splits.check(0.75)).contains("0.88 alike; row 1 of validation"));
    assert!(error(splits.check(1.0)).contains("1.00 alike"));
    assert!(error(splits.near_duplicates_from(0.0)).contains("0 is no similarity"));
}

#[test]
fn the_examples_rows_share_policies_and_are_no_near_duplicates() {
    let file =
        |split: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../examples/data/{split}.jsonl"));
    let splits = Splits::<Ticket>::load(file("train"), file("validation"), file("test")).expect("good data");
    assert_eq!(splits.near_duplicates().expect("rows"), []);
    let records = splits.records().expect("rows");
    assert_eq!((records["train"].rows, records.len()), (100, 3));
    assert_eq!(records["test"], splits.test.record().expect("rows"));
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn write(&self, name: &str, rows: std::ops::Range<usize>) {
        let text: String = match name.ends_with("csv") {
            true => {
                "id,text,intent\n".to_owned()
                    + &rows.map(|n| format!("m{n},{},x\n", distinct(n))).collect::<String>()
            }
            false => rows
                .map(|n| format!("{{\"id\":\"m{n}\",\"text\":\"{}\",\"intent\":\"x\"}}\n", distinct(n)))
                .collect(),
        };
        fs::write(self.0.join(name), text).expect("written");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_folder_or_one_file_is_opened_and_what_is_missing_is_said() {
    let folder = Folder::new("splits");
    let open = || Splits::<Sort>::open(&folder.0);
    assert!(error(open()).contains("there is no train split") && error(open()).ends_with("has nothing"));
    folder.write("train.jsonl", 0..4);
    folder.write("validation.csv", 4..6);
    fs::write(folder.0.join("notes.txt"), "").expect("written");
    let message = error(open());
    assert!(
        message.contains("there is no test split in")
            && message.contains("`test.jsonl`, `test.ndjson` or `test.csv`")
    );
    assert!(message.ends_with("has `notes.txt`, `train.jsonl`, `validation.csv`"), "{message}");
    folder.write("test.ndjson", 6..9);
    let splits = open().expect("three files");
    assert_eq!((splits.train.len(), splits.validation.len(), splits.test.len()), (4, 2, 3));
    folder.write("test.csv", 6..9);
    assert!(error(open()).ends_with("in several files, `test.ndjson` and `test.csv`; keep one"));

    folder.write("all.jsonl", 0..40);
    let drawn = Splits::<Sort>::open(folder.0.join("all.jsonl")).expect("one file");
    assert_eq!((drawn.train.len(), drawn.validation.len(), drawn.test.len()), (20, 10, 10));
    assert_eq!(Splits::<Sort>::open(folder.0.join("none.jsonl")).expect_err("no file").kind(), ErrorKind::Io);
}

fn ids(rows: &[Sort]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.id.as_str()).collect()
}

#[test]
fn the_same_seed_and_rows_draw_the_same_in_any_order_and_another_seed_others() {
    let rows = |backwards: bool| {
        let rows = (0..60).map(|n| message(n, &distinct(n), "x"));
        if backwards { rows.rev().collect::<Rows<_>>() } else { rows.collect() }
    };
    let draw = |backwards, seed| Splits::draw(rows(backwards)).seed(seed).split().expect("enough rows");
    let (one, other) = (draw(false, 7), draw(true, 7));
    assert_eq!(one.records().expect("rows"), other.records().expect("rows"));
    assert_ne!(ids(&one.test), ids(&draw(false, 8).test));
}

#[test]
fn rows_that_are_added_move_few_others() {
    let draw = |count: usize| {
        let rows: Rows<_> = (0..count).map(|n| message(n, &distinct(n), "x")).collect();
        Splits::draw(rows).seed(3).split().expect("enough rows")
    };
    let place = |splits: &Splits<Sort>| {
        let sets = [&splits.train, &splits.validation, &splits.test];
        let of = |(split, rows): (usize, &Rows<Sort>)| {
            rows.iter().map(|row| (row.id.clone(), split)).collect::<Vec<_>>()
        };
        sets.into_iter().enumerate().flat_map(of).collect::<BTreeMap<_, _>>()
    };
    let (before, after) = (place(&draw(1_000)), place(&draw(1_020)));
    let moved = before.iter().filter(|(id, split)| after[*id] != **split).count();
    assert!(moved <= 20, "{moved} of 1000 rows moved when 20 came");
}

#[test]
fn rows_that_are_alike_stay_together() {
    let rows: Rows<_> = (0..40)
        .flat_map(|n| {
            let text = distinct(n);
            [
                message(n, &text, "x"),
                message(100 + n, &text.to_uppercase(), "y"),
                message(200 + n, &text, "z"),
            ]
        })
        .collect();
    for seed in 0..20 {
        let splits = Splits::draw(rows.clone()).seed(seed).split().expect("40 groups");
        assert_eq!(splits.near_duplicates().expect("rows"), []);
        assert_eq!(splits.train.len() % 3, 0);
        assert!((57..=63).contains(&splits.train.len()), "{}", splits.train.len());
    }
}

#[test]
fn too_few_rows_say_how_many_it_takes() {
    let rows = |count: usize| (0..count).map(|n| message(n, &distinct(n), "x")).collect::<Rows<_>>();
    assert!(
        error(Splits::draw(rows(5)).shares(0.8, 0.1, 0.1).split())
            .ends_with("`rows` has 5 rows; shares of 0.8, 0.1 and 0.1 need at least 7")
    );
    assert!(Splits::draw(rows(7)).shares(0.8, 0.1, 0.1).split().is_ok());
    assert!(error(Splits::draw(rows(2)).split()).ends_with("need at least 3"));
    assert!(error(Splits::draw(rows(9)).shares(0.5, 0.5, 0.5).split()).contains("are no shares"));
    let same: Rows<_> = (0..9).map(|n| message(n, "the very same", "x")).collect();
    let message = error(Splits::draw(same).split());
    assert!(message.contains("has 9 rows, but only 1 that are not alike"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn strata_keep_their_shares(
        sizes in prop::collection::vec(1_usize..25, 1..6),
        train in 0.2_f64..0.6,
        seed in any::<u64>(),
    ) {
        let kinds: Vec<usize> = sizes.iter().enumerate().flat_map(|(kind, size)| vec![kind; *size]).collect();
        prop_assume!(kinds.len() >= 20);
        let rows: Rows<_> = kinds.iter().enumerate().map(|(n, kind)| message(n, &distinct(n), &kind.to_string())).collect();
        let shares = [train, (1.0 - train) / 2.0, (1.0 - train) / 2.0];
        let draw = Splits::draw(rows).seed(seed).shares(shares[0], shares[1], shares[2]).alike(1.0);
        let splits = draw.stratify(|row| row.intent.clone()).split().expect("enough rows");
        let sets = [&splits.train, &splits.validation, &splits.test];
        prop_assert_eq!(sets.iter().map(|rows| rows.len()).sum::<usize>(), kinds.len());
        for (share, rows) in shares.iter().zip(sets) {
            prop_assert!((rows.len() as f64 - share * kinds.len() as f64).abs() < 1.0);
            for (kind, size) in sizes.iter().enumerate() {
                let of_kind = rows.iter().filter(|row| row.intent == kind.to_string()).count();
                prop_assert!((of_kind as f64 - share * *size as f64).abs() < 1.0, "{kind}: {of_kind}");
            }
        }
    }
}
