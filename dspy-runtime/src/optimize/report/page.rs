//! The page as a whole.

use std::fmt::Write;

use super::{SearchReport, candidates, chart, lineage, number};
use crate::figure::count;
use crate::page::{Page, escaped};

/// The style that this page has beyond others.
const STYLE: &str = "\
svg{width:100%;height:auto;max-height:22rem}.tree{padding-left:1.1rem}\
.tree .tree{border-left:1px solid var(--line)}\
.rows td,.rows th{padding:.1rem .35rem;text-align:center;font-size:.75rem;border:1px solid var(--paper)}";

pub(super) fn page(report: &SearchReport) -> Page {
    let SearchReport { optimizer, metric, model, seed, baseline, score, termination, usage, .. } = report;
    let title = format!("{optimizer}: {} to {}", number(*baseline), number(*score));
    let mut out = format!("<h1>{}</h1>\n", escaped(&title));
    let picked = report.candidates.get(report.picked).map_or("", |candidate| &candidate.name);
    let _ = writeln!(
        out,
        "<p>Mean of <b>{}</b> on {} validation rows, with {}, seed {seed}. Picked: <span class=\"picked\">{} \
         {}</span> of {} candidates. It ended: {termination}. It cost {}.</p>",
        escaped(metric),
        count(report.candidates.first().map_or(0, |candidate| candidate.rows.len())),
        escaped(model),
        report.picked,
        escaped(picked),
        report.candidates.len(),
        escaped(&usage.to_string()),
    );
    if report.picked > 0 {
        let super::ExpectedGain { gain, deviation } = report.expected;
        let _ = writeln!(
            out,
            "<p>On validation it gained {:+.3}; {gain:+.3} ± {:.3} (95 %) of it is expected on other rows.</p>",
            score - baseline,
            1.96 * deviation
        );
    }
    if !report.steps.is_empty() {
        let steps: String = report.steps.iter().map(|step| format!("<li>{}</li>", escaped(step))).collect();
        let _ = writeln!(out, "<h2>Step by step</h2>\n<ol>{steps}</ol>");
    }
    let _ = writeln!(out, "<h2>Score by LM calls</h2>\n{}", chart::chart(report));
    let _ = writeln!(out, "<h2>What was spent</h2>\n{}", spent(report));
    let _ = writeln!(out, "<h2>Lineage</h2>\n{}", lineage::lineage(report));
    let _ = writeln!(out, "<h2>Candidates</h2>\n{}", candidates::candidates(report));
    let _ = writeln!(out, "<h2>Scores by row</h2>\n{}", candidates::matrix(report));
    let settings = serde_json::to_string_pretty(&report.settings).unwrap_or_default();
    let _ = writeln!(
        out,
        "<details><summary>Settings</summary><div class=\"text\">{}</div></details>",
        escaped(&settings)
    );
    Page::titled(&title).style(STYLE).body(&out)
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
            count(usage.calls),
            count(usage.input_tokens),
            count(usage.output_tokens)
        );
    }
    out + "</table></div>"
}
