//! What every candidate scored on every row.

use std::fmt::Write;

use super::SearchReport;

/// One line for each row, one column for each candidate; the deeper the colour, the higher the score among
/// all that were given.
pub(super) fn matrix(report: &SearchReport) -> String {
    let all = || report.candidates.iter().flat_map(|candidate| candidate.rows.iter().flatten().copied());
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let depth = |score: f64| if high > low { (score - low) / (high - low) } else { 1.0 };
    let mut out = String::from("<div class=\"wide\"><table class=\"rows\"><tr><th>row</th>");
    for place in 0..report.candidates.len() {
        let class = if place == report.picked { " class=\"picked\"" } else { "" };
        let _ = write!(out, "<th{class}>{place}</th>");
    }
    out.push_str("</tr>");
    let rows = report.candidates.iter().map(|candidate| candidate.rows.len()).max().unwrap_or(0);
    for row in 0..rows {
        let _ = write!(out, "<tr><th>{row}</th>");
        for candidate in &report.candidates {
            let _ = match candidate.rows.get(row).copied().flatten() {
                Some(score) => write!(
                    out,
                    "<td style=\"background:color-mix(in srgb,var(--mark) {:.0}%,var(--box))\">{}</td>",
                    10.0 + 50.0 * depth(score),
                    short(score)
                ),
                None => write!(out, "<td class=\"dim\">·</td>"),
            };
        }
        out.push_str("</tr>");
    }
    out + "</table></div><p class=\"dim\">· was not run, as the candidate could not win any more.</p>"
}

/// A score in as few characters as tell it.
fn short(score: f64) -> String {
    let text = format!("{score:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
