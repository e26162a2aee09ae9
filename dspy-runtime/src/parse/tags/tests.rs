use super::super::{Mode, Parsed, tags};
use crate::problem::Problem;
use crate::repair::Repair;
use crate::signature::{Schema, SchemaBuilder};
use std::sync::Arc;

fn schema() -> Arc<Schema> {
    SchemaBuilder::new("S", "Do.")
        .output::<String>("note", "")
        .output::<Option<Vec<String>>>("tags", "")
        .output::<Option<u8>>("ticket_size", "")
        .build()
}

fn read(reply: &str) -> Result<Parsed, Vec<Problem>> {
    tags(&schema(), reply, Mode::Tolerant)
}

fn note(reply: &str) -> (String, Vec<Repair>) {
    let parsed = read(reply).unwrap_or_else(|problems| panic!("{reply}: {problems:?}"));
    let note = parsed.record.get("note").and_then(|note| note.as_str()).unwrap_or_default();
    (note.to_owned(), parsed.repairs)
}

#[test]
fn text_comes_back_as_it_stands() {
    for text in [
        "if a < b && c > d { x &= !y }",
        "AT&amp;T &lt;b&gt; &#39;",
        "<p>Dear <b>all</b></p>\n<br/>",
        "a <note>nested</note> one",
        "speaks of <tags> and </ticket_size>",
        "[[ ## note ## ]] and {\"note\": 1}",
        "<!-- x --> <?xml?> <![CDATA[ y ]]>",
        "]]> < / note >",
    ] {
        let reply = format!("<note>\n{text}\n</note>\n<tags>[]</tags><ticket_size>3</ticket_size>");
        assert_eq!(note(&reply), (text.to_owned(), vec![]), "{text}");
    }
    assert_eq!(note("<note>\n<![CDATA[a]]]]><![CDATA[>b]]></note>"), ("a]]>b".into(), vec![]));
    assert_eq!(note("<note><![CDATA[a </note> & <note>]]></note>"), ("a </note> & <note>".into(), vec![]));
}

#[test]
fn what_can_be_read_in_one_way_is_mended() {
    for (reply, text, repair) in [
        ("Sure:\n```xml\n<note>a</note>\n```", "a", Repair::Surroundings),
        ("<reply>\n<note>a</note>\n</reply>", "a", Repair::Surroundings),
        ("So the answer is <note>a</note>.", "a", Repair::Surroundings),
        ("I will not explain.\n<note>a</note>\nDo not ask.", "a", Repair::Surroundings),
        ("<Note>a</note>", "a", Repair::MarkerSpelling),
        ("<note lang=\"en\">a</note>", "a", Repair::MarkerSpelling),
        ("<note>a < b", "a < b", Repair::Unclosed),
        ("<note>a</note><note>a</note>", "a", Repair::RepeatedSection("note".into())),
    ] {
        assert_eq!(note(reply), (text.to_owned(), vec![repair]), "{reply}");
        let strict = tags(&schema(), reply, Mode::Strict).expect_err("a repair");
        assert!(strict[0].reason.contains("only be read with a repair"), "{strict:?}");
    }
    let parsed = read("<note>a</note><ticket-size>3</ticket-size>").expect("one reading");
    assert_eq!(parsed.record.get("ticket_size"), Some(&3.into()));
}

#[test]
fn what_is_unclear_is_refused() {
    for (reply, reason) in [
        ("<note>a</note><note>b</note>", "its tag stands twice with different texts"),
        ("<note>a</note> b </note>", "its tag is closed more often than opened"),
        ("<note>use <note> here</note>", "its tag is opened more often than closed"),
        ("<note>a\n<tags>[]</tags>", "its tag is never closed"),
        ("<reply><note>a\n</reply>", "its tag is never closed"),
        ("```\n<note>a\n```", "its tag is never closed"),
        ("<note><note>a</note></note>", "its tag stands directly inside itself"),
        ("<note>a <tags>[]</tags></note>", "its tag stands inside another field"),
        ("<note><![CDATA[a]]> b</note>", "a CDATA section is not all of its text"),
        ("<note><![CDATA[a</note>", "a CDATA section is not all of its text"),
        ("<note>a</note><tags><item>x</item></tags>", "it must be JSON"),
        ("[[ ## note ## ]]\nb\n<note>a</note>", "it mixes tags with another format"),
        ("{\"note\": \"<note>a</note>\"", "it mixes tags with another format"),
        ("Do not write <note>a</note>", "its tags are only spoken of"),
        ("note: a", "it is missing"),
        ("", "it is missing"),
    ] {
        let problems = read(reply).expect_err(reply);
        assert!(problems.iter().any(|problem| problem.reason.contains(reason)), "{reply}: {problems:?}");
    }
}

#[test]
fn a_field_may_be_named_like_reasoning() {
    let schema =
        SchemaBuilder::new("S", "Do.").output::<String>("thought", "").output::<String>("word", "").build();
    let parsed = tags(&schema, "<thought>a</thought>\n<word>b</word>", Mode::Strict).expect("as asked for");
    assert_eq!(parsed.record.to_string(), r#"{"thought":"a","word":"b"}"#);
    let parsed = read("<think>a</think><note>b</note>").expect("reasoning");
    assert_eq!(parsed.repairs, [Repair::Reasoning]);
}

#[test]
fn time_is_linear() {
    for text in ["<note>", "<", "<note ", "</note>", "<note><![CDATA[", "<a b=", "x"] {
        let reply = text.repeat((1 << 20) / text.len());
        let _ = read(&reply);
    }
}
