//! Pages for people: one file each, which needs no network.

mod diff;
mod escape;

use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

pub(crate) use diff::{Part, diff, diff_within};
pub(crate) use escape::escaped;

use crate::error::Result;
use crate::file;

/// The style of all pages: colours follow the reader's system, wide parts scroll by themselves.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#5b6570;--paper:#fff;--box:#f4f6f8;--line:#d5dae0;\
--mark:#0b66c3;--new:#d8f3dc;--gone:#fde0dd}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--dim:#9aa5b1;--paper:#14171a;--box:#1e2328;\
--line:#363d45;--mark:#6cb6ff;--new:#12401f;--gone:#561d1a}}\
*{box-sizing:border-box}body{margin:0 auto;max-width:64rem;padding:1rem;background:var(--paper);\
color:var(--ink);font:16px/1.5 system-ui,sans-serif}h1{font-size:1.5rem;overflow-wrap:anywhere}\
h2{font-size:1.15rem;margin-top:2rem}h3{font-size:1rem;margin:.8rem 0 .2rem}.dim{color:var(--dim)}\
.wide{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid var(--line)}\
td:first-child,th:first-child{text-align:left}\
details{background:var(--box);border-radius:.5rem;padding:.5rem .8rem;margin:.5rem 0}\
summary{cursor:pointer;overflow-wrap:anywhere}.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0}\
ins{background:var(--new);text-decoration:none}del{background:var(--gone)}\
.picked{color:var(--mark);font-weight:600}";

/// A page for people: one HTML file that loads nothing, readable on a phone, in the dark and without its script.
///
/// What a model or a user wrote is escaped, and the page may run no script but its own. It shows rows,
/// prompts and replies as they are, so it is as confidential as they.
///
/// # Example
///
/// ```
/// # use dspy::lm::Scripted;
/// # use dspy::{Context, Evaluate, Predict, Rows, signature};
/// # /// Name the capital of a country.
/// # #[signature]
/// # struct Capital {
/// #     #[input]
/// #     country: String,
/// #     /// Its name alone.
/// #     #[output]
/// #     capital: String,
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> dspy::Result<()> {
/// # let rows = Rows::<Capital>::from_csv("country,capital\nFrance,Paris\nItaly,Rome\n", "capitals.csv")?;
/// # let cx = Context::new(Scripted::answering(|_| "[[ ## capital ## ]]\nParis".into()));
/// let evaluate = Evaluate::new(|row: &Capital, out: &CapitalOutput| row.capital == out.capital);
/// let report = evaluate.keep_exchanges(true).run(&cx, &Predict::<Capital>::new(), &rows).await?;
/// let page = report.page();
/// assert!(page.to_html().starts_with("<!doctype html>") && page.to_html().contains("Italy"));
/// # let file = std::env::temp_dir().join(format!("dspy-doc-page-{}.html", std::process::id()));
/// # let path = file.clone();
/// page.save_html(path)?;
/// # std::fs::remove_file(file).expect("it was written");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    html: String,
}

impl Page {
    /// Begins a page.
    pub(crate) fn titled(title: &str) -> Draft<'_> {
        Draft { title, style: "", script: None }
    }

    /// The page's text.
    pub fn to_html(&self) -> &str {
        &self.html
    }

    /// Writes the page to a file, whole or not at all.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn save_html(&self, path: impl AsRef<Path>) -> Result<()> {
        file::write(path.as_ref(), &self.html)
    }
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({} bytes)", self.html.len())
    }
}

/// A page that is being put together.
pub(crate) struct Draft<'a> {
    title: &'a str,
    style: &'a str,
    script: Option<(&'a str, &'a Value)>,
}

impl<'a> Draft<'a> {
    /// Adds the style that the page has beyond others.
    pub(crate) fn style(mut self, style: &'a str) -> Self {
        self.style = style;
        self
    }

    /// The one script of the page, and what it finds under the id `data`.
    pub(crate) fn script(mut self, script: &'a str, data: &'a Value) -> Self {
        self.script = Some((script, data));
        self
    }

    /// The page with this body, which is HTML.
    pub(crate) fn body(self, body: &str) -> Page {
        let (scripts, allowed) = match self.script {
            None => (String::new(), String::new()),
            Some((script, data)) => {
                // Inside of a script HTML knows no escapes; JSON has its own.
                let data = data.to_string().replace('<', "\\u003c");
                let scripts = format!(
                    "<script type=\"application/json\" id=\"data\">{data}</script>\n<script>{script}</script>\n"
                );
                (
                    scripts,
                    format!("; script-src 'sha256-{}'", STANDARD.encode(Sha256::digest(script.as_bytes()))),
                )
            }
        };
        let html = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             img-src 'none'; base-uri 'none'; form-action 'none'{allowed}\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{}</title>\n<style>{STYLE}{}</style>\n</head>\n<body>\n{body}\n{scripts}</body>\n</html>\n",
            escaped(self.title),
            self.style,
        );
        Page { html }
    }
}
