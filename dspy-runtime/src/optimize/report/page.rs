//! The page as a whole.

use std::fmt::Write;

use super::escape::escaped;
use super::{SearchReport, candidates, chart, lineage, matrix, number};

/// How the page looks: colours follow the reader's system, wide parts scroll by themselves.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1f24;--dim:#5b6570;--paper:#fff;--box:#f4f6f8;--line:#d5dae0;\
--mark:#0b66c3;--new:#d8f3dc;--gone:#fde0dd}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ec;--dim:#9aa5b1;--paper:#14171a;--box:#1e2328;\
--line:#363d45;--mark:#6cb6ff;--new:#12401f;--gone:#561d1a}}\
*{box-sizing:border-box}body{margin:0 auto;max-width:64rem;padding:1rem;background:var(--paper);\
color:var(--ink);font:16px/1.5 system-ui,sans-serif}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\
h3{font-size:1rem;margin:.8rem 0 .2rem}.dim{color:var(--dim)}.wide{overflow-x:auto}\
table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.2rem .6rem;text-align:right;\
border-bottom:1px solid var(--line)}td:first-child,th:first-child{text-align:left}\
details{background:var(--box);border-radius:.5rem;padding:.5rem .8rem;margin:.5rem 0}\
summary{cursor:pointer;overflow-wrap:anywhere}.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:.2rem 0}\
ins{background:var(--new);text-decoration:none}del{background:var(--gone)}\
.picked{color:var(--mark);font-weight:600}svg{width:100%;height:auto;max-height:22rem}\
.tree{padding-left:1.1rem}.tree .tree{border-left:1px solid var(--line)}\
.rows td,.rows th{padding:.1rem .35rem;text-align:center;font-size:.75rem;border:1px solid var(--paper)}";

pub(super) fn page(report: &SearchReport) -> String {
    let SearchReport { optimizer, metric, model, seed, baseline, score, termination, usage, .. } = report;
    let mut out = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    let _ =
        writeln!(out, "<title>{}: {} to {}</title>", escaped(optimizer), number(*baseline), number(*score));
    let _ = writeln!(out, "<style>{STYLE}</style>\n</head>\n<body>");
    let _ = writeln!(out, "<h1>{}: {} to {}</h1>", escaped(optimizer), number(*baseline), number(*score));
    let picked = report.candidates.get(report.picked).map_or("", |candidate| &candidate.name);
    let _ = writeln!(
        out,
        "<p>Mean of <b>{}</b> on {} validation rows, with {}, seed {seed}. Picked: <span class=\"picked\">{} \
         {}</span> of {} candidates. It ended: {termination}. It cost {}.</p>",
        escaped(metric),
        report.candidates.first().map_or(0, |candidate| candidate.rows.len()),
        escaped(model),
        report.picked,
        escaped(picked),
        report.candidates.len(),
        escaped(&usage.to_string()),
    );
    let _ = writeln!(out, "<h2>Score by LM calls</h2>\n{}", chart::chart(report));
    let _ = writeln!(out, "<h2>What was spent</h2>\n{}", spent(report));
    let _ = writeln!(out, "<h2>Lineage</h2>\n{}", lineage::lineage(report));
    let _ = writeln!(out, "<h2>Candidates</h2>\n{}", candidates::candidates(report));
    let _ = writeln!(out, "<h2>Scores by row</h2>\n{}", matrix::matrix(report));
    let settings = serde_json::to_string_pretty(&report.settings).unwrap_or_default();
    let _ = writeln!(
        out,
        "<details><summary>Settings</summary><div class=\"text\">{}</div></details>\n</body>\n</html>",
        escaped(&settings)
    );
    out
}

/// Calls and tokens by purpose.
fn spent(report: &SearchReport) -> String {
    let mut out = String::from(
        "<div class=\"wide\"><table><tr><th>purpose</th><th>calls</th><th>input tokens</th><th>output tokens</th></tr>",
    );
    let all = report.spent.iter().map(|(purpose, usage)| (purpose.to_string(), usage));
    for (name, usage) in all.chain([("all".to_owned(), &report.usage)]) {
        let _ = write!(
            out,
            "<tr><td>{name}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            usage.calls, usage.input_tokens, usage.output_tokens
        );
    }
    out + "</table></div>"
}
