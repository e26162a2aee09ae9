//! The ready-made command line, by way of the main example.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::server::{Act, Server};
use crate::support::{Place, document};

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A store with one version that was made, judged and released.
fn released(name: &str) -> Place {
    let place = Place::new(name);
    place.json("compile --optimizer labeled --seed 7", 0);
    let anyway = place.command("promote --json").args(["--anyway", "a test"]).output().expect("built");
    document(&anyway, 0);
    place
}

#[test]
fn one_input_comes_from_the_line_a_file_standard_input_or_a_row() {
    let place = Place::new("input");
    let ask = |command: &mut std::process::Command| document(&command.output().expect("built"), 0);
    let pairs = ask(place
        .command("run --json")
        .args(["ticket_text=My parcel never came", "policy_context=[D1] Wait."]));
    assert_eq!(pairs["output"]["queue"], "delivery");
    assert_eq!(pairs["version"], "baseline");
    let input = r#"{"ticket_text": "My parcel never came", "policy_context": "[D1] Wait."}"#;
    assert_eq!(ask(place.command("run --json").arg(input))["output"], pairs["output"]);
    fs::write(place.path().join("in.json"), input).expect("written");
    assert_eq!(ask(&mut place.command("run --json --file in.json"))["output"], pairs["output"]);

    let mut child =
        place.command("run --json").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("built");
    child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
    assert_eq!(document(&child.wait_with_output().expect("it ends"), 0)["output"], pairs["output"]);

    let by_place = place.json("run --row 1 --split train", 0);
    assert!(by_place["output"]["resolution"].is_string());
    // What is left out is completed by the program.
    let completed = ask(place.command("run --json").arg("ticket_text=My parcel never came"));
    assert_eq!(completed["output"]["queue"], "delivery");
}

#[test]
fn inputs_that_cannot_be_used_are_told_field_by_field() {
    let place = Place::new("wrong");
    let told = |arguments: &[&str]| {
        let output = place.command("run").args(arguments).output().expect("built");
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        errors(&output)
    };
    assert!(told(&["ticket_txt=x"]).contains("did you mean `ticket_text`?"));
    assert!(told(&["ticket"]).contains("`ticket` is not FIELD=VALUE"));
    assert!(told(&["--file", "nowhere.json"]).contains("cannot read `nowhere.json`"));
    assert!(told(&["--row", "no-such"]).contains("by its place from 1 to"));
    assert!(told(&["--with", "7", "ticket_text=x"]).contains("`compile` makes one"));
    let error = document(&place.command("run --json").arg("ticket_txt=x").output().expect("built"), 1);
    assert_eq!(error["error"]["kind"], "data");
    assert_eq!(error["error"]["problems"][0]["path"], "ticket_txt");

    let batches = place.run("run --row 1 --batches");
    assert!(errors(&batches).contains("builtin/lexical@1 has no batches"), "{}", errors(&batches));

    let usage = place.run("run --wiht baseline");
    assert_eq!(usage.status.code(), Some(2));
    assert!(errors(&usage).contains("--with"), "{}", errors(&usage));
}

#[test]
fn fields_are_shown_as_they_come() {
    let place = Place::new("stream");
    let mut command = place.command("run --stream");
    let shown = text(&command.arg("ticket_text=My parcel never came").output().expect("built"));
    assert!(
        shown.contains("triage.queue: delivery") && shown.contains("resolve.predict.resolution: "),
        "{shown}"
    );

    let lines = text(
        &place
            .command("run --stream --json")
            .arg("ticket_text=My parcel never came")
            .output()
            .expect("built"),
    );
    let first: Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["path"], "triage");
}

#[test]
fn prompts_are_rendered_without_a_call() {
    let place = Place::new("render");
    let mut command = place.command("render --json --model openai/nothing-is-sent");
    let rendered =
        document(&command.arg("ticket_text=It broke").env("OPENAI_API_KEY", "x").output().expect("built"), 0);
    assert_eq!(rendered["prompts"][0]["path"], "triage");
    assert!(rendered["prompts"][0]["messages"].to_string().contains("It broke"));

    let mut command = place.command("render --predictor resolve.predict");
    let one = command
        .args(["ticket_text=It broke", "policy_context=[P1] Keep it.", "queue=damage"])
        .output()
        .expect("built");
    assert!(text(&one).contains("[P1] Keep it."), "{}{}", text(&one), errors(&one));
    let wrong = place.command("render --predictor triag").arg("ticket_text=x").output().expect("built");
    assert!(errors(&wrong).contains("there is `triage`, `resolve.predict`"), "{}", errors(&wrong));
}

#[test]
fn scores_decide_the_exit_code_and_runs_become_pages() {
    let place = Place::new("eval");
    let report = place.json("eval --with baseline", 0);
    let score = report["score"].as_f64().expect("a score");
    assert_eq!(report["rows"].as_array().map(Vec::len), Some(80));
    place.json(&format!("eval --with baseline --at-least {}", score + 0.01), 3);
    place.json(&format!("eval --with baseline --at-least {}", score - 0.01), 0);
    let page = place.json("report --out page.html", 0);
    assert_eq!(page["page"], "page.html");
    assert!(
        fs::read_to_string(place.path().join("page.html")).expect("written").starts_with("<!doctype html>")
    );
}

#[test]
fn a_search_is_planned_journaled_and_gone_on_with() {
    let place = Place::new("search");
    let plan = place.json("plan --optimizer labeled --seed 7", 0);
    let compiled = place.json("compile --optimizer labeled --seed 7", 0);
    assert!(compiled["usage"]["calls"].as_u64() <= plan["max_calls"].as_u64());
    assert_eq!(compiled["version"], 1);
    // The journal has every reply, so going on pays for nothing and comes to the same.
    let again = place.json("resume", 0);
    assert_eq!(again["score"], compiled["score"]);
    assert_eq!(again["version"], 2);

    let stopped = place.json("compile --optimizer labeled --seed 8 --budget-calls 400", 5);
    assert_eq!(stopped["termination"], "budget_spent");
    let unknown = place.run("compile --optimizer mirpo");
    assert!(errors(&unknown).contains("did you mean `mipro`?"), "{}", errors(&unknown));
    let level = place.run("plan --optimizer labeled --auto heavy");
    assert!(errors(&level).contains("`labeled` has none"), "{}", errors(&level));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_evaluation_that_is_killed_is_resumed() {
    let place = Place::new("resume");
    let online = |line: &str, server: &Server| {
        let mut command = place.command(line);
        command.env("DSPY_MODEL", "openai/served").env("OPENAI_BASE_URL", server.url());
        command
    };
    // It answers some calls, then none until it is well again.
    let (told, mut stuck) = tokio::sync::mpsc::unbounded_channel();
    let is_ill = Arc::new(AtomicBool::new(true));
    let ill = is_ill.clone();
    let server = Server::lexical(move |call| {
        (call >= 20 && ill.load(Ordering::SeqCst)).then(|| {
            told.send(()).expect("the test waits");
            Act::Hang
        })
    })
    .await;
    let line = "eval --json --no-cache --concurrency 1";
    let mut child = online(line, &server).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("built");
    stuck.recv().await.expect("it is stuck");
    child.kill().and_then(|()| child.wait()).expect("it is ours");
    is_ill.store(false, Ordering::SeqCst);
    let before = server.calls();

    let resumed = document(&online(&format!("{line} --resume"), &server).output().expect("built"), 0);
    let rows = resumed["rows"].as_array().expect("rows").len() as u64;
    let each = resumed["usage"]["calls"].as_u64().expect("calls") / rows;
    let again = server.calls() - before;
    assert!(each >= 2 && again + 20 / each * each == rows * each, "{again} calls for {rows} rows");
    let journals = || fs::read_dir(place.path().join(".dspy/journals")).map_or(0, Iterator::count);
    assert_eq!(journals(), 0, "it is whole");
    let whole = document(&online(line, &server).output().expect("built"), 0);
    assert_eq!((&whole["score"], &whole["rows"]), (&resumed["score"], &resumed["rows"]));
}

#[test]
fn a_version_against_itself_is_run_once() {
    let place = released("twin");
    let output = place.run("gate 1 --against 1");
    let (shown, calls) = (text(&output), place.json("gate 1 --against 1", 3)["usage"]["calls"].clone());
    assert!(shown.contains("verdict: keep") && shown.contains("the candidate is the baseline"), "{shown}");
    let once = place.json("eval --with 1 --split test", 0)["usage"]["calls"].clone();
    assert_eq!(calls, once);
}

#[test]
fn versions_are_judged_released_compared_and_taken_back() {
    let place = released("releases");
    place.json("compile --seed 7", 0);
    assert_eq!(place.json("promote", 3)["decision"], json!(null), "no gate has judged it");
    let verdict = place.json("gate --against baseline", 0);
    assert_eq!((&verdict["decision"], &verdict["version"]), (&json!("promote"), &json!(2)));
    place.json("promote", 0);
    let shown = text(&place.run("inspect"));
    assert!(shown.contains("verdict: promote") && shown.contains("demonstration 1:"), "{shown}");
    let matrix = place.json("matrix", 0);
    assert_eq!((&matrix["cells"][0]["current"], &matrix["cells"][0]["versions"]), (&json!(2), &json!(2)));

    // Today's traffic is as the gate's rows were, or it is another business altogether.
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/data/test.jsonl");
    assert_eq!(place.json(&format!("drift {}", data.display()), 0)["state"], "steady");
    let rows = fs::read_to_string(&data).expect("rows");
    let queue = |queue: &str| format!("\"queue\": \"{queue}\"");
    let others = ["delivery", "damage", "refund"].map(queue);
    let other = others.iter().fold(rows, |rows, theirs| rows.replace(theirs, &queue("review")));
    fs::write(place.path().join("other.jsonl"), other).expect("written");
    assert_eq!(place.json("drift other.jsonl", 3)["state"], "recompile");

    let diff = place.run("diff baseline current");
    assert!(text(&diff).contains('>') && text(&diff).contains("demonstration 1:"), "{}", text(&diff));
    assert_eq!(place.json("diff 2 current", 0)["same"], true);

    assert_eq!(place.json("rollback", 0)["version"], 1);
    let nothing = place.run("rollback");
    assert_eq!(nothing.status.code(), Some(1));
    let history = place.json("history", 0);
    let what: Vec<&str> = history["events"]
        .as_array()
        .expect("events")
        .iter()
        .filter_map(|event| event["what"].as_str())
        .collect();
    assert_eq!(what, ["added", "promoted_anyway", "added", "judged", "promoted", "rolled_back"]);
}

#[test]
fn states_of_python_dspy_go_in_and_out() {
    let place = released("dspy");
    place.json("export-dspy state.json", 0);
    let imported = place.json("import-dspy state.json", 0);
    assert_eq!(imported["version"], 2);
    assert_eq!(place.json("diff 1 2", 0)["same"], true);
}

#[test]
fn the_cache_is_looked_at_and_emptied_and_shells_complete() {
    let place = Place::new("cache");
    assert_eq!(place.json("cache stats", 0)["replies"], 0);
    assert_eq!(place.json("cache clear", 0)["bytes"], 0);
    let script = text(&place.run("completions bash"));
    assert!(script.contains("import-dspy"), "{script}");
    let help = text(&place.run("--help"));
    assert!(help.contains("Exit codes:") && help.contains("Sorts a support ticket"), "{help}");
}

#[test]
fn the_forms_are_compared_on_a_few_rows() {
    let place = Place::new("probe");
    let found = place.json("probe --rows 2", 0);
    let names: Vec<_> =
        found["results"].as_array().expect("a list").iter().map(|form| &form["adapter"]).collect();
    assert_eq!(names, ["json", "chat", "xml"]);
    assert_eq!(found["results"][0]["rows"], 2);
    assert!(found["best"].is_string());
    let json = place.json("run --row 1 --adapter json", 0);
    assert_eq!(json["output"]["queue"], place.json("run --row 1", 0)["output"]["queue"]);
}
