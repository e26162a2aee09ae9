//! Candidates side by side: with their parents, and with what each scored on every row.

use std::fmt::Write;

use super::{SearchReport, number};
use crate::figure::count;
use crate::page::{Part, diff, escaped};
use crate::predict::{PredictorState, ProgramState};
use crate::value::Record;

/// Describes each candidate, and its difference from the first of its parents, else from the baseline.
pub(super) fn candidates(report: &SearchReport) -> String {
    let mut out = String::new();
    for (place, candidate) in report.candidates.iter().enumerate() {
        let parent = candidate.parents.first().copied().filter(|parent| *parent < place);
        let before = (place > 0).then(|| parent.unwrap_or(0));
        let open = if place == report.picked { " open" } else { "" };
        let mark = if place == report.picked { " <span class=\"picked\">picked</span>" } else { "" };
        let edge =
            if report.frontier.contains(&place) { " <span class=\"dim\">on the frontier</span>" } else { "" };
        let cost = report.costs.as_ref().and_then(|costs| costs.get(place)).filter(|cost| **cost > 0.0);
        let run = candidate.rows.iter().flatten().count();
        let _ = write!(
            out,
            "<details id=\"c{place}\"{open}><summary>{place} {} <b>{}</b>{mark}{edge}</summary><p class=\"dim\">{run} of \
             {} rows, {} tokens{}, {:.3} s a run, after {} LM calls{}</p>",
            escaped(&candidate.name),
            number(candidate.score),
            candidate.rows.len(),
            count(candidate.usage.total_tokens()),
            cost.map_or(String::new(), |cost| format!(", {cost:.6} in money a run")),
            report.latencies.get(place).copied().unwrap_or_default(),
            count(candidate.calls),
            before.map_or(String::new(), |before| format!("; changes against {before}")),
        );
        let old = before.map(|before| &report.candidates[before].state);
        for (path, state) in candidate.state.iter() {
            predictor(path, old.and_then(|old: &ProgramState| old.get(path)), state, &mut out);
        }
        out.push_str("</details>");
    }
    out
}

fn predictor(path: &str, old: Option<&PredictorState>, new: &PredictorState, out: &mut String) {
    let _ = write!(out, "<h3>{}</h3><div class=\"text\">", escaped(path));
    for part in diff(old.map_or(new.instructions.as_str(), |old| &old.instructions), &new.instructions) {
        let _ = match part {
            Part::Same(text) => write!(out, "{}", escaped(text)),
            Part::Gone(text) => write!(out, "<del>{}</del>", escaped(text)),
            Part::New(text) => write!(out, "<ins>{}</ins>", escaped(text)),
        };
    }
    out.push_str("</div>");
    let none = Vec::new();
    let before = old.map_or(&new.demos, |old| &old.demos);
    let before = if old.is_none() { &none } else { before };
    demonstrations(before, &new.demos, out);
}

/// Demonstrations that are new, those that stayed, and those that are gone.
fn demonstrations(before: &[Record], now: &[Record], out: &mut String) {
    if before.is_empty() && now.is_empty() {
        return;
    }
    let gone: Vec<_> = before.iter().filter(|demo| !now.contains(demo)).collect();
    let _ = write!(out, "<details><summary>{} demonstrations, {} gone</summary>", now.len(), gone.len());
    for demo in now {
        let text = demo.to_string();
        let _ = match before.contains(demo) {
            true => write!(out, "<div class=\"text\">{}</div>", escaped(&text)),
            false => write!(out, "<div class=\"text\"><ins>{}</ins></div>", escaped(&text)),
        };
    }
    for demo in gone {
        let _ = write!(out, "<div class=\"text\"><del>{}</del></div>", escaped(&demo.to_string()));
    }
    out.push_str("</details>");
}

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
