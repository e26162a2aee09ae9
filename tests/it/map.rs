//! A program as a filter: rows in, rows out.

use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dspy::lm::{Request, Response, Scripted};
use dspy::map::{Map, MapSummary};
use dspy::{Budget, Context, Error, ErrorKind, Predict, Result, signature};
use serde_json::{Value, json};

use crate::strategies::Slow;

/// Say it in capitals.
#[signature]
struct Shout {
    #[input]
    text: String,
    /// The text in capitals.
    #[output]
    loud: String,
}

/// Shouts, and counts its calls.
fn shouting() -> (Context, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let model = Scripted::new(move |_, request: &Request| {
        counted.fetch_add(1, Ordering::Relaxed);
        let asked = request.messages.iter().last().map_or("", |message| message.text());
        let word = asked.split_whitespace().find(|word| word.starts_with("word")).unwrap_or("none");
        Ok(Response::new(json!({"loud": word.trim_matches('"').to_uppercase()}).to_string()))
    });
    (Context::new(model), calls)
}

fn lines(count: usize) -> String {
    (0..count)
        .map(|row| format!("{}\n", json!({"id": format!("r{row}"), "text": format!("word{row}")})))
        .collect()
}

async fn mapped(cx: &Context, map: Map<Predict<Shout>>, rows: String) -> (Result<MapSummary>, Vec<Value>) {
    // What was written before an error is seen through a writer that outlives it.
    let written = Arc::new(std::sync::Mutex::new(Vec::new()));
    let ended = map.progress(false).run(cx, std::io::Cursor::new(rows), Shared(written.clone())).await;
    let text = String::from_utf8(written.lock().expect("nobody panicked").clone()).expect("text");
    let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    (ended.map(|(summary, _)| summary), lines)
}

struct Shared(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn shout() -> Map<Predict<Shout>> {
    Map::new(Predict::new())
}

#[tokio::test]
async fn a_line_goes_out_for_each_that_comes_in() {
    let rows = [
        r#"{"id": "a", "text": "word1"}"#,
        "not JSON",
        "",
        r#"["text"]"#,
        r#"{"id": 7, "text": "word2", "label": "x"}"#,
        r#"{"id": "a", "text": "word3"}"#,
        r#"{"id": "b"}"#,
        r#"{"text": "word4"}"#,
        r#"{"id": "c", "text": 5}"#,
    ];
    let (cx, calls) = shouting();
    let (summary, lines) = mapped(&cx, shout(), rows.join("\n")).await;
    let ids: Vec<&Value> = lines.iter().map(|line| &line["id"]).collect();
    assert_eq!(
        ids,
        [&json!("a"), &json!(2), &json!(4), &json!(7), &json!("a"), &json!("b"), &json!(8), &json!("c")]
    );
    assert_eq!(lines[0]["output"], json!({"loud": "WORD1"}));
    assert_eq!(lines[0]["usage"]["calls"], 1);
    let error = |row: usize| lines[row]["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(error(1).contains("line 2 is no JSON"), "{}", error(1));
    assert!(error(2).contains("no JSON object") && error(3).contains("label"), "{} {}", error(2), error(3));
    assert!(error(4).contains("that of line 1 already"), "{}", error(4));
    assert!(error(5).contains("text") && error(7).contains("text"), "{} {}", error(5), error(7));
    assert_eq!(lines[6]["output"]["loud"], "WORD4");
    let summary = summary.expect("bad rows end nothing");
    assert_eq!((summary.rows, summary.failed, summary.usage.calls), (8, 6, 2));
    assert_eq!(calls.load(Ordering::Relaxed), 2, "what cannot be read costs nothing");
    let (summary, lines) = mapped(&cx, shout().extra(true).id("label"), rows[4].to_owned()).await;
    assert_eq!((summary.expect("it runs").failed, &lines[0]["id"]), (0, &json!("x")));
}

#[tokio::test]
async fn what_is_written_does_not_depend_on_concurrency() {
    let (cx, _) = shouting();
    let (one, first) = mapped(&cx, shout().concurrency(1), lines(200)).await;
    let (many, second) = mapped(&cx, shout().concurrency(64), lines(200)).await;
    assert_eq!((one.expect("it runs"), first), (many.expect("it runs"), second));
}

#[tokio::test]
async fn a_spent_budget_ends_it_after_what_was_paid_for() {
    let (cx, calls) = shouting();
    let cx = cx.with_budget(Budget::calls(10));
    let (ended, lines) = mapped(&cx, shout().concurrency(4), lines(100)).await;
    let error = ended.expect_err("the budget is spent");
    assert!(error.is_budget() && format!("{error:#}").contains("stopped at row"), "{error:#}");
    assert_eq!(calls.load(Ordering::Relaxed), 10);
    assert!(!lines.is_empty() && lines.len() <= 10, "{}", lines.len());
    assert!(
        lines
            .iter()
            .zip(0..)
            .all(|(line, row)| line["id"] == format!("r{row}") && line["output"].is_object())
    );
}

#[tokio::test]
async fn a_provider_that_is_gone_or_a_key_that_is_refused_ends_it() {
    for (kind, most) in [(ErrorKind::Transport, 8 + 3 * 4), (ErrorKind::Auth, 4)] {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        let cx = Context::new(Scripted::new(move |_, _: &Request| {
            counted.fetch_add(1, Ordering::Relaxed);
            Err(Error::new(kind, "no luck"))
        }));
        let (ended, _) = mapped(&cx, shout().concurrency(4), lines(200)).await;
        assert_eq!(ended.expect_err("it ends").kind(), kind);
        assert!(calls.load(Ordering::Relaxed) <= most, "{kind:?}: {calls:?}");
    }
    // Failures now and then do not.
    let cx = Context::new(Scripted::new(|number, _: &Request| match number % 2 {
        0 => Err(Error::new(ErrorKind::Server, "now and then")),
        _ => Ok(Response::new("{\"loud\": \"X\"}")),
    }));
    let (ended, lines) = mapped(&cx, shout().concurrency(4), lines(100)).await;
    assert_eq!((ended.expect("it goes on").failed, lines.len()), (50, 100));
}

/// Takes an hour.
fn slow() -> Slow {
    Slow::new(0, |_, _| (Duration::from_secs(3_600), Ok(Response::new("{\"loud\": \"X\"}"))))
}

/// Counts what was read of it.
struct Counting<R>(R, Arc<AtomicUsize>);

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read, Ordering::Relaxed);
        Ok(read)
    }
}

#[tokio::test(start_paused = true)]
async fn one_slow_row_does_not_fill_the_memory() {
    let (cx, calls) = shouting();
    let cx = cx.with_lm(slow());
    let read = Arc::new(AtomicUsize::new(0));
    let rows = lines(100_000);
    let whole = rows.len();
    let input = BufReader::with_capacity(256, Counting(std::io::Cursor::new(rows), read.clone()));
    let run = shout().concurrency(2).progress(false).run(&cx, input, std::io::sink());
    assert!(tokio::time::timeout(Duration::from_secs(60), run).await.is_err(), "it waits for the slow rows");
    assert!(read.load(Ordering::Relaxed) < whole / 100, "{read:?} of {whole} bytes");
    assert_eq!(calls.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn rows_that_take_too_long_are_errors_in_their_place() {
    let slow = slow();
    tokio::time::pause();
    let (ended, lines) = mapped(&Context::new(slow), shout().timeout(Duration::from_secs(5)), lines(3)).await;
    assert_eq!((ended.expect("it runs").failed, &lines[2]["error"]["kind"]), (3, &json!("timeout")));
}

mod command {
    use std::fs;
    use std::io::Write;
    use std::process::Stdio;

    use serde_json::Value;

    use crate::support::{Place, document};

    const ROWS: &str = "{\"id\": \"a\", \"ticket_text\": \"My parcel never came\", \"policy_context\": \"[D1] Wait.\"}\nno JSON\n";

    fn rows(text: &[u8]) -> Vec<Value> {
        let text = std::str::from_utf8(text).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("a row a line, and nothing else")).collect()
    }

    #[test]
    fn it_is_a_filter() {
        let place = Place::new("map");
        let mut child = place
            .command("map")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("built");
        child.stdin.take().expect("piped").write_all(ROWS.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "a bad row is data");
        let rows = rows(&output.stdout);
        assert_eq!((&rows[0]["id"], &rows[0]["output"]["queue"]), (&"a".into(), &"delivery".into()));
        assert_eq!(rows[1]["error"]["kind"], "data");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("2 rows, 1 failed"), "{said}");
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let place = Place::new("map-file");
        fs::write(place.path().join("in.jsonl"), ROWS).expect("written");
        let whole =
            document(&place.command("map --json in.jsonl --out out.jsonl").output().expect("built"), 0);
        assert_eq!((&whole["rows"], &whole["failed"]), (&2.into(), &1.into()));
        let written = fs::read(place.path().join("out.jsonl")).expect("it is there");
        assert_eq!(rows(&written).len(), 2);
        let again = place.command("map in.jsonl --out out.jsonl").output().expect("built");
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(again.status.code() == Some(1) && said.contains("out.jsonl exists"), "{said}");
        assert_eq!(fs::read(place.path().join("out.jsonl")).expect("still there"), written);
        document(
            &place.command("map --json in.jsonl --out out.jsonl --overwrite").output().expect("built"),
            0,
        );
        let stopped =
            place.command("map in.jsonl --out none.jsonl --budget-calls 1").output().expect("built");
        assert_eq!(stopped.status.code(), Some(5), "{}", String::from_utf8_lossy(&stopped.stderr));
        let names: Vec<_> = fs::read_dir(place.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        assert!(!names.iter().any(|name| name.contains("none") || name.contains("part")), "{names:?}");
        let mixed = place.command("map --json in.jsonl").output().expect("built");
        assert!(mixed.status.code() == Some(1) && String::from_utf8_lossy(&mixed.stdout).contains("--out"));
    }

    #[test]
    fn what_was_mapped_is_scored() {
        let place = Place::new("map-eval");
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data/test.jsonl");
        document(&place.command("map --json --extra --out out.jsonl").arg(data).output().expect("built"), 0);
        let eval = |path: &str, exit| {
            let command = format!("eval --json --split test --predictions {path}");
            let output = place.command(&command).output().expect("built");
            assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let scored: Value = serde_json::from_str(&eval("out.jsonl", 0)).expect("a document");
        let ran = document(&place.command("eval --json --split test").output().expect("built"), 0);
        assert_eq!((&scored["score"], &scored["metric"]), (&ran["score"], &ran["metric"]));
        let written = fs::read_to_string(place.path().join("out.jsonl")).expect("it is there");
        let (first, rest) = written.split_once('\n').expect("several");
        fs::write(place.path().join("short.jsonl"), rest).expect("written");
        fs::write(place.path().join("twice.jsonl"), format!("{first}\n{written}")).expect("written");
        fs::write(
            place.path().join("other.jsonl"),
            format!("{written}{{\"id\": \"x\", \"output\": {{}}}}\n"),
        )
        .expect("written");
        assert!(eval("short.jsonl", 1).contains("has no line for"));
        assert!(eval("twice.jsonl", 1).contains("has a line already"));
        assert!(eval("other.jsonl", 1).contains("of no row"));
        assert!(eval("none.jsonl", 1).contains("none.jsonl"));
    }
}
