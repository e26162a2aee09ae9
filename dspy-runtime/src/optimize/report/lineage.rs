//! The lineage of candidates.

use std::fmt::Write;

use super::{SearchReport, number};
use crate::page::escaped;

/// Nested lists; a candidate stands under the first of its parents, and names the others.
pub(super) fn lineage(report: &SearchReport) -> String {
    let mut out = String::new();
    let roots = (0..report.candidates.len()).filter(|place| parent(report, *place).is_none()).collect();
    list(report, roots, &mut out);
    out
}

/// A parent comes before its child; nothing else is one, so the tree has no circles.
fn parent(report: &SearchReport, place: usize) -> Option<usize> {
    report.candidates[place].parents.first().copied().filter(|parent| *parent < place)
}

/// Goes down without recursion: lines of descent can be long.
fn list(report: &SearchReport, roots: Vec<usize>, out: &mut String) {
    enum Step {
        Open(Vec<usize>),
        Show(usize),
        Close(&'static str),
    }
    let mut steps = vec![Step::Open(roots)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Open(places) if places.is_empty() => {}
            Step::Open(places) => {
                out.push_str("<ul class=\"tree\">");
                steps.push(Step::Close("</ul>"));
                steps.extend(places.into_iter().rev().map(Step::Show));
            }
            Step::Show(place) => {
                show(report, place, out);
                let children = place + 1..report.candidates.len();
                let children = children.filter(|child| parent(report, *child) == Some(place)).collect();
                steps.push(Step::Close("</li>"));
                steps.push(Step::Open(children));
            }
            Step::Close(tag) => out.push_str(tag),
        }
    }
}

fn show(report: &SearchReport, place: usize, out: &mut String) {
    let candidate = &report.candidates[place];
    let class = if place == report.picked { " class=\"picked\"" } else { "" };
    let _ = write!(
        out,
        "<li><a href=\"#c{place}\"{class}>{place} {}</a> {}",
        escaped(&candidate.name),
        number(candidate.score)
    );
    for other in candidate.parents.iter().skip(1) {
        let _ = write!(out, " <span class=\"dim\">and {other}</span>");
    }
}
