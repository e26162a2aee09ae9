//! The pages of evaluations and comparisons: what is in them, and what a browser makes of them.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use dspy::data::Record;
use dspy::lm::{Request, Response, Scripted};
use dspy::page::Page;
use dspy::{Context, Evaluate, Gate, Module, Report, Verdict};

use crate::task::{Fruit, Sorter, right, row, rows};

/// What a page must not take for its own, in inputs, reasoning and replies.
const HOSTILE: &str =
    "</script><script>document.title='taken'</script><img src=\"http://127.0.0.1:PORT/x\" onerror=\"x()\">";

/// Answers apple; with a demonstration in the prompt also banana, and cherry for apples that are green.
fn model(port: u16) -> Context {
    let hostile = HOSTILE.replace("PORT", &port.to_string());
    Context::new(Scripted::new(move |_, request: &Request| {
        let texts: Vec<&str> = request.messages.iter().map(|message| message.text()).collect();
        let (taught, asked) = (texts.len() > 2, texts.last().copied().unwrap_or_default());
        let fruit = match taught {
            true if asked.contains("yellow") => "banana",
            true if asked.contains("green") => "cherry",
            _ => "apple",
        };
        let is_seven = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_digit());
        if texts.iter().any(|text| text.split("number 7").skip(1).any(is_seven)) {
            return Ok(Response::new(format!("I would rather not. {hostile}")));
        }
        Ok(Response::new(format!("[[ ## reasoning ## ]]\nso {hostile}\n[[ ## fruit ## ]]\n{fruit}")))
    }))
}

fn taught() -> Sorter {
    let program = Sorter::new();
    let mut state = program.state();
    for path in ["guess", "recount.predict"] {
        let demos = &mut state.get_mut(path).expect("its path").demos;
        demos.push(Record::from_iter([("looks", "red"), ("reasoning", "r"), ("fruit", "apple")]));
    }
    program.with_state(&state).expect("its own paths")
}

async fn compared(port: u16) -> Verdict {
    let mut all: Vec<_> = (0..24).map(|n| rows(n, 1)[0].clone()).collect();
    all[1] = row(1, &format!("yellow {}", HOSTILE.replace("PORT", &port.to_string())), Fruit::Banana);
    let gate = Gate::new(right).slice(|row| row.fruit).keep_exchanges(true);
    gate.compare(&model(port), &Sorter::new(), &taught(), &all.into()).await.expect("rows")
}

/// Every tag closes, in order.
fn closes(page: &str) {
    let body = page.split_once("<body>").expect("a body").1;
    let body = body.split_once("<script").map_or(body, |(before, _)| before);
    let (mut open, mut rest) = (Vec::new(), body);
    while let Some((_, after)) = rest.split_once('<') {
        let (tag, after) = after.split_once('>').expect("a tag ends");
        rest = after;
        match tag.strip_prefix('/') {
            Some(name) => {
                assert_eq!(open.pop(), Some(name), "before {}", after.chars().take(80).collect::<String>())
            }
            None if tag.starts_with("input") => {}
            None => open.push(tag.split(' ').next().expect("a name")),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

fn kinds(page: &str) -> Vec<&str> {
    page.split("data-change=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn a_comparison_shows_each_row_and_what_differs() {
    let verdict = compared(9).await;
    let page = verdict.page().expect("it has rows");
    let html = page.to_html();
    closes(html);
    // Broken rows first, then fixed ones. Row 8 fails in both programs.
    let kinds = kinds(html);
    let count = |kind: &str| kinds.iter().filter(|one| **one == kind).count();
    assert_eq!(
        (count("broken"), count("fixed"), count("same")),
        (verdict.changes.worse, verdict.changes.better, verdict.changes.same)
    );
    assert!(count("broken") == 4 && count("fixed") >= 7, "{kinds:?}");
    assert!(kinds.starts_with(&["broken"; 4]) && kinds.ends_with(&["same"; 6]));
    assert!(
        html.contains("<option value=\"broken\">broken (4)</option>")
            && html.contains("<option value=\"cherry\">cherry</option>")
    );
    assert!(html.contains("<del>apple</del>") && html.contains("<ins>banana</ins>"), "outputs are marked");
    assert!(html.contains("I would rather not") && html.contains("class=\"name\">error</div>"));
    assert!(html.contains(&format!(
        "<h1>{}: {:.3} to {:.3}</h1>",
        verdict.decision, verdict.baseline, verdict.candidate
    )));
    for reason in &verdict.reasons {
        assert!(html.contains(reason), "{reason}");
    }
}

#[tokio::test]
async fn nothing_that_a_model_wrote_is_html_or_script() {
    let verdict = compared(9).await;
    let page = verdict.page().expect("it has rows");
    let html = page.to_html();
    assert_eq!(html.matches("<script").count(), 2, "the data and the page's own");
    assert_eq!(html.matches("</script>").count(), 2);
    assert!(!html.contains("<img") && html.contains("&lt;img src=&quot;http"));
    assert!(html.contains("\\u003cimg src="), "prompts and replies are there");
    let policy =
        html.split("Content-Security-Policy\" content=\"").nth(1).and_then(|rest| rest.split('"').next());
    let policy = policy.expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'unsafe-inline'; img-src 'none'")
            && policy.contains("script-src 'sha256-")
    );
    assert!(html.contains("name=\"viewport\"") && html.contains("prefers-color-scheme:dark"));
}

#[tokio::test]
async fn one_run_is_a_page_too_and_says_what_is_not_kept() {
    let cx = model(9);
    let evaluate = Evaluate::new(right).slice(|row| row.fruit);
    let run = evaluate.run(&cx, &Sorter::new(), &rows(0, 12)).await.expect("rows");
    let page = run.page();
    closes(page.to_html());
    assert!(page.to_html().contains("\"kept\":false"));
    let kinds = kinds(page.to_html());
    assert!(kinds[0] == "failed" && kinds[1] == "wrong" && kinds[11] == "right", "{kinds:?}");
    let loaded = Report::parse(&serde_json::to_string(&run).expect("JSON")).expect("a report");
    assert_eq!(loaded.page(), page, "a saved run has the same page");

    let verdict = compared(9).await;
    let from_file: Verdict =
        serde_json::from_str(&serde_json::to_string(&verdict).expect("JSON")).expect("its own");
    assert!(from_file.page().expect_err("no rows").to_string().contains("have `Gate::decide` make it again"));
}

async fn large(count: usize) -> Page {
    let evaluate = Evaluate::new(right).slice(|row| row.fruit).keep_exchanges(true);
    evaluate.run(&model(9), &taught(), &rows(0, count)).await.expect("rows").page()
}

#[tokio::test]
async fn rows_share_their_prompts() {
    let (small, large) = (large(8).await, large(208).await);
    let each = (large.to_html().len() - small.to_html().len()) / 200;
    let prompt = "Say which fruit it is.";
    assert_eq!(large.to_html().matches(prompt).count(), small.to_html().matches(prompt).count());
    assert!(each < 4_000, "{each} bytes for each row");
}

/// The browser that `build.rs` has found.
fn browser() -> &'static Path {
    let found = option_env!("TEST_BROWSER").map(Path::new);
    found.expect("a browser: set CHROME to one, or install chromium")
}

/// A folder for a browser's files and pages, away when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }

    fn page(&self, name: &str, text: &str) -> String {
        let file = self.0.join(name);
        fs::write(&file, text).expect("written");
        format!("file://{}", file.display())
    }

    /// What the browser prints.
    fn browse(&self, browser: &Path, arguments: &[&str]) -> String {
        let quiet = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--virtual-time-budget=4000",
            "--timeout=60000",
        ];
        let profile = format!("--user-data-dir={}", self.0.join("profile").display());
        let output =
            Command::new(browser).args(quiet).arg(profile).args(arguments).output().expect("it starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The ids of the rows that are shown.
fn shown(dom: &str) -> Vec<&str> {
    let rows = dom.split("<details class=\"row\" ").skip(1).filter_map(|rest| rest.split('>').next());
    rows.filter(|tag| !tag.contains("hidden"))
        .filter_map(|tag| tag.split("id=\"").nth(1)?.split('"').next())
        .collect()
}

#[tokio::test]
#[cfg_attr(not(browser), ignore = "set CHROME to a browser, or install chromium")]
async fn a_browser_filters_opens_and_asks_for_nothing() {
    let browser = browser();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("it does not wait");
    let verdict = compared(listener.local_addr().expect("an address").port()).await;
    let page = verdict.page().expect("it has rows");
    let folder = Folder::new("pages-filter");
    let url = folder.page("page.html", page.to_html());

    let dom = folder.browse(browser, &["--dump-dom", &format!("{url}#slice=apple&change=broken")]);
    assert_eq!(shown(&dom), ["r4", "r10", "r16", "r22"]);
    assert!(dom.contains(">4 of 24 rows</output>"), "the count is told");
    assert!(dom.contains("<title>") && !dom.contains("<title>taken"));

    let dom = folder.browse(browser, &["--dump-dom", &format!("{url}#find=PEELED+by+hand%2C+number+4")]);
    assert_eq!(shown(&dom), ["r5"]);

    // A row that is open shows each step with its prompt and its reply, as text.
    let dom = folder.browse(browser, &["--dump-dom", &format!("{url}#r2")]);
    let opened = dom.split("id=\"r2\"").nth(1).and_then(|rest| rest.split("<details class=\"row\"").next());
    let opened = opened.expect("the row");
    assert!(opened.contains("Steps of the baseline") && opened.contains("Steps of the candidate"));
    assert_eq!(opened.matches("<h5 class=\"author\">system</h5>").count(), 4, "two programs, two steps");
    assert!(opened.contains("recount.predict: 1 LM call") && opened.contains("reply of test/scripted"));
    assert!(opened.contains("so &lt;/script&gt;&lt;script&gt;") && !dom.contains("<img"));
    assert_eq!(dom.matches("<div class=\"exchange\">").count(), 4, "and no other row is made");
    assert!(listener.accept().is_err(), "nothing was asked for");
}

#[tokio::test]
#[cfg_attr(not(browser), ignore = "set CHROME to a browser, or install chromium")]
async fn two_thousand_rows_open_in_a_browser() {
    let browser = browser();
    let page = large(2_000).await;
    let folder = Folder::new("pages-large");
    let url = folder.page("page.html", page.to_html());
    let dom = folder.browse(browser, &["--dump-dom", &format!("{url}#change=failed")]);
    assert_eq!(shown(&dom), ["r8"]);
    assert!(dom.contains(">1 of 2000 rows</output>") && !dom.contains("class=\"exchange\""));
}

/// Width and height of a PNG, and the bytes of its picture.
fn picture(file: &Path) -> (u32, u32, usize) {
    let bytes = fs::read(file).expect("a picture");
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    (number(16), number(20), bytes.len())
}

#[tokio::test]
#[cfg_attr(not(browser), ignore = "set CHROME to a browser, or install chromium")]
async fn a_phone_scrolls_nothing_sideways() {
    let browser = browser();
    let page = compared(9).await.page().expect("it has rows");
    let folder = Folder::new("pages-phone");
    // A frame is as narrow as a phone, whatever windows a browser allows.
    let frame = format!(
        "<!doctype html><body><iframe id=f width=390 height=844 style=\"border:0\"></iframe><script>\n\
         f.onload = () => {{\n\
           const inside = f.contentDocument;\n\
           for (const one of inside.querySelectorAll('details')) one.open = true;\n\
           setTimeout(() => {{\n\
             for (const one of inside.querySelectorAll('details')) one.open = true;\n\
             document.body.dataset.width = inside.documentElement.scrollWidth;\n\
             document.body.dataset.steps = inside.querySelectorAll('.exchange').length;\n\
           }}, 500);\n\
         }};\n\
         f.srcdoc = {};\n</script></body>",
        serde_json::to_string(page.to_html()).expect("JSON").replace('<', "\\u003c")
    );
    let dom = folder.browse(browser, &["--dump-dom", &folder.page("frame.html", &frame)]);
    let number = |name: &str| -> Option<u32> { dom.split(name).nth(1)?.split('"').nth(1)?.parse().ok() };
    assert!(number("data-width=").is_some_and(|width| width <= 390), "{:?}", number("data-width="));
    assert!(number("data-steps=").is_some_and(|steps| steps >= 90), "all steps are open");

    let file = folder.0.join("desk.png");
    let shot = format!("--screenshot={}", file.display());
    folder.browse(browser, &[&shot, "--window-size=1200,900", &folder.page("page.html", page.to_html())]);
    let (width, height, bytes) = picture(&file);
    assert_eq!((width, height), (1200, 900));
    assert!(bytes > 30_000, "{bytes} bytes are too few for a page of text");
}
