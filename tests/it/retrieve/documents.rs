//! Files as passages.

use std::fs;
use std::path::Path;

use dspy::retrieve::{Documents, Passage, Source};
use proptest::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message;
use crate::cache::Folder;

const GUIDE: &str = "# Returns\n\nWhat may come back.\n\n## Late parcels\n\nThey are traced after five days. \
                     The carrier is asked.\n\n## Broken goods\n\nSend a photo.\n";

fn write(folder: &Folder, files: &[(&str, &[u8])]) {
    for (name, content) in files {
        let path = folder.0.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, content).expect("written");
    }
}

fn ids<M>(passages: &[Passage<M>]) -> Vec<&str> {
    passages.iter().map(|passage| passage.id.as_str()).collect()
}

#[test]
fn a_folder_is_read_in_the_order_of_its_paths_and_no_hidden_file_with_it() {
    let folder = Folder::new("documents-folder");
    write(
        &folder,
        &[
            ("b.txt", b"second"),
            ("a/z.md", b"first"),
            ("a.md", b"between"),
            ("c.rst", b"other"),
            ("d.png", b"\xff\xfe"),
            ("e.txt", b" \n"),
            (".git/x.md", b"hidden"),
            (".hidden.md", b"hidden"),
        ],
    );
    let documents = Documents::open(&folder.0);
    let passages = documents.passages().expect("text");
    assert_eq!(ids(&passages), ["a.md#1", "a/z.md#1", "b.txt#1"]);
    assert_eq!(documents.passages().expect("text"), passages, "the same again");
    let more = documents.endings([".RST"]).passages().expect("text");
    assert_eq!(ids(&more), ["a.md#1", "a/z.md#1", "b.txt#1", "c.rst#1"]);
}

#[test]
fn markdown_is_cut_at_its_sections_and_says_where_it_stands() {
    let folder = Folder::new("documents-markdown");
    write(&folder, &[("guide.md", GUIDE.as_bytes())]);
    let passages = Documents::open(folder.0.join("guide.md")).size(80).overlap(0).passages().expect("text");
    let cited: Vec<_> = passages.iter().map(|passage| passage.meta.to_string()).collect();
    assert_eq!(
        cited,
        [
            "guide.md:1-3 (Returns)",
            "guide.md:5-7 (Returns > Late parcels)",
            "guide.md:9-11 (Returns > Broken goods)"
        ]
    );
    assert_eq!(passages[2].text, "## Broken goods\n\nSend a photo.");
    let json = serde_json::to_value(&passages[1].meta).expect("JSON");
    assert_eq!(serde_json::from_value::<Source>(json).expect("the same"), passages[1].meta);
}

#[test]
fn a_heading_is_never_a_passage_of_its_own_where_something_follows() {
    let folder = Folder::new("documents-headings");
    let long = "It is sent back within ten days and traced. ".repeat(6);
    let text = format!(
        "# Refunds\n\n{long}\n\n## Fees\n\n### Cash\n\n{long}\n\nCards\n=====\n\n- {long}\n\n## Last\n"
    );
    write(&folder, &[("a.md", text.as_bytes())]);
    for size in [60, 100, 280, 300, 2_000] {
        let passages = Documents::open(&folder.0).size(size).overlap(0).passages().expect("text");
        let (last, others) = passages.split_last().expect("passages");
        for passage in others {
            let is_heading =
                |line: &str| line.starts_with('#') || line == "Cards" || line == "=====" || line.is_empty();
            assert!(!passage.text.lines().all(is_heading), "{size}: {:?}", passage.text);
            assert!(passage.text.chars().count() <= size, "{size}: {:?}", passage.text);
        }
        assert!(last.text.ends_with("## Last"), "what nothing follows is kept");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let all: Vec<String> = passages.iter().flat_map(|passage| words(&passage.text)).collect();
        assert_eq!(all, words(&text), "{size}: nothing is lost");
    }
}

#[test]
fn a_mark_at_the_beginning_counts_in_places_but_is_no_text() {
    let folder = Folder::new("documents-mark");
    write(&folder, &[("a.txt", b"\xef\xbb\xbfone\r\ntwo")]);
    let passages = Documents::open(&folder.0).passages().expect("text");
    let Source { first_line, last_line, start, end, .. } = passages[0].meta;
    assert_eq!((passages[0].text.as_str(), first_line, last_line, start, end), ("one\r\ntwo", 1, 2, 3, 11));
}

#[test]
fn passages_of_one_text_overlap() {
    let folder = Folder::new("documents-overlap");
    write(&folder, &[("a.txt", b"one two three four five six seven eight")]);
    let texts = |documents: Documents| -> Vec<String> {
        documents.passages().expect("text").into_iter().map(|passage| passage.text).collect()
    };
    let documents = Documents::open(&folder.0).size(14);
    assert_eq!(
        texts(documents.clone().overlap(5)),
        ["one two three", "three four", "four five six", "six seven", "seven eight"]
    );
    assert_eq!(texts(documents.overlap(0)), ["one two three", "four five six", "seven eight"]);
    assert_eq!(texts(Documents::open(&folder.0).tokens(4).overlap(0)).len(), 3, "16 bytes at the most");
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = Folder::new("documents-wrong");
    write(&folder, &[("a.md", b"caf\xe9"), ("b.pdf", b"%PDF"), ("empty/c.pdf", b"%PDF"), ("d.jsonl", b"{}")]);
    let read = |path: &str| message(Documents::open(folder.0.join(path)).passages());
    assert!(read("a.md").contains("a.md` is not UTF-8, from byte 3 on"), "{}", read("a.md"));
    assert!(
        read("b.pdf").contains("not a known kind of text") && read("b.pdf").contains(".endings([\"pdf\"])")
    );
    assert!(read("d.jsonl").contains("`Documents::rows` reads JSON lines"));
    assert!(read("empty").contains("has no text, in files that end in `.md` or `.txt`"));
    assert!(read("nowhere").contains("cannot read"));
    let cut = |size, overlap| message(Documents::open(&folder.0).size(size).overlap(overlap).passages());
    assert!(cut(0, 0).contains("passages of 0 with an overlap of 0"));
    assert!(cut(9, 9).contains("the overlap is smaller"));
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_never_in_a_circle() {
    use std::os::unix::fs::symlink;
    let (folder, elsewhere) = (Folder::new("documents-links"), Folder::new("documents-elsewhere"));
    write(&folder, &[("a/b/c.md", b"inside")]);
    write(&elsewhere, &[("d.md", b"outside")]);
    symlink(&elsewhere.0, folder.0.join("link")).expect("linked");
    symlink(&folder.0, folder.0.join("a/b/circle")).expect("linked");
    symlink(folder.0.join("a/b/c.md"), folder.0.join("alias.md")).expect("linked");
    let passages = Documents::open(&folder.0).passages().expect("text");
    assert_eq!(ids(&passages), ["a/b/c.md#1", "alias.md#1", "link/d.md#1"]);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Page {
    number: u32,
    tags: Vec<String>,
}

fn rows(lines: &str) -> dspy::Result<Vec<Passage<Page>>> {
    let folder = Folder::new(&format!("documents-rows-{}", lines.len()));
    write(&folder, &[("faq.jsonl", lines.as_bytes())]);
    Documents::open(folder.0.join("faq.jsonl")).size(12).overlap(0).rows("answer")
}

#[test]
fn rows_have_a_text_and_typed_metadata() {
    let lines = "{\"answer\": \"a short one\", \"number\": 7, \"tags\": [\"a\"]}\n\n\
                 {\"number\": 8, \"answer\": \"a much longer one\", \"tags\": []}\n";
    let passages = rows(lines).expect("rows");
    assert_eq!(ids(&passages), ["faq.jsonl#1", "faq.jsonl#3.1", "faq.jsonl#3.2"]);
    assert_eq!(passages[0].meta, Page { number: 7, tags: vec!["a".into()] });
    assert_eq!((passages[2].text.as_str(), passages[2].meta.number), ("longer one", 8));
}

#[test]
fn a_wrong_row_is_told_with_its_line() {
    let good = "{\"answer\": \"a\", \"number\": 7, \"tags\": []}\n";
    let told = |line: &str| {
        let text = message(rows(&format!("{good}{line}")));
        text.split_once("faq.jsonl, ").expect("its file").1.to_owned()
    };
    assert!(told("[]").starts_with("line 2: not a JSON object (column 0)"), "{}", told("[]"));
    assert_eq!(told("{\"anwser\": \"a\"}"), "line 2: there is no field `answer`; did you mean `anwser`?");
    assert_eq!(told("{\"answer\": 7}"), "line 2: the field `answer` is no text");
    assert_eq!(told("{\"answer\": \" \"}"), "line 2: the field `answer` has no text");
    let wrong = told("{\"answer\": \"a\", \"number\": 7, \"tags\": [1]}");
    assert!(wrong.starts_with("line 2: field `tags[0]`: invalid type: integer `1`"), "{wrong}");
    let missing = told("{\"answer\": \"a\", \"tags\": []}");
    assert!(missing.contains("missing field `number`"), "{missing}");
}

/// Reads a text back and checks what holds for every one.
fn check(name: &str, text: &str, size: usize, overlap: usize) {
    let folder = Folder::new(&format!("documents-any-{name}"));
    write(&folder, &[(name, text.as_bytes())]);
    let documents = Documents::open(folder.0.join(Path::new(name))).size(size).overlap(overlap);
    let passages = documents.passages().unwrap_or_default();
    let mut covered = 0;
    for passage in &passages {
        let Source { first_line, last_line, start, end, .. } = passage.meta;
        assert_eq!(passage.text, &text[start..end], "it stands where it says");
        assert!(passage.text.chars().count() <= size, "{passage:?}");
        let line = |place: usize| 1 + text[..place].matches('\n').count();
        assert_eq!((first_line, last_line), (line(start), line(end)));
        assert!(start >= covered || overlap > 0);
        assert!(
            text.get(covered..start).is_none_or(|between| between.trim().is_empty()),
            "nothing is left out"
        );
        covered = covered.max(end);
    }
    assert!(text[covered..].trim().is_empty(), "nothing is left out at the end: {:?}", &text[covered..]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_text_is_covered_by_its_passages(
        text in "([#*`>\\- a-zäß.\n\r]|\n\n|# |\u{1f600}){0,200}",
        size in 1_usize..60,
        overlap in 0_usize..60,
    ) {
        let overlap = overlap % size;
        check("a.md", &text, size, overlap);
        check("a.txt", &text, size, overlap);
    }
}
