//! Scores by the calls that were spent, as a drawing.

use std::fmt::Write;

use super::{SearchReport, number};
use crate::figure::mean;
use crate::page::escaped;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 280.0;
/// Room for the numbers at the axes.
const LEFT: f64 = 52.0;
const EDGE: f64 = 28.0;

/// One dot for each candidate, and a line for the best so far of those that were run on every row.
#[allow(clippy::cast_precision_loss)]
pub(super) fn chart(report: &SearchReport) -> String {
    let most = report.candidates.iter().map(|candidate| candidate.calls).max().unwrap_or(0).max(1) as f64;
    let scores = || report.candidates.iter().map(|candidate| candidate.score);
    let (low, high) = (scores().fold(f64::INFINITY, f64::min), scores().fold(f64::NEG_INFINITY, f64::max));
    // Scores that are all the same are drawn in the middle.
    let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
    let x = |calls: u64| LEFT + calls as f64 / most * (WIDTH - LEFT - EDGE);
    let y = |score: f64| HEIGHT - EDGE - (score - low) / (high - low) * (HEIGHT - 2.0 * EDGE);
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"score by LM calls\" font-size=\"12\" \
         fill=\"currentColor\">"
    );
    for score in [low, high] {
        let _ = write!(
            out,
            "<path d=\"M{LEFT} {y:.1}H{}\" stroke=\"var(--line)\"></path><text x=\"4\" y=\"{:.1}\">{}</text>",
            WIDTH - EDGE,
            y(score) + 4.0,
            number(score),
            y = y(score),
        );
    }
    let _ = write!(
        out,
        "<text x=\"{LEFT}\" y=\"{at}\">0</text><text x=\"{}\" y=\"{at}\" text-anchor=\"end\">{} LM calls</text>",
        WIDTH - EDGE,
        mean(most),
        at = HEIGHT - 6.0,
    );
    let (mut line, mut best) = (String::new(), f64::NEG_INFINITY);
    for candidate in report.candidates.iter().filter(|candidate| candidate.rows.iter().all(Option::is_some)) {
        let _ = match line.is_empty() {
            true => write!(line, "M{:.1} {:.1}", x(candidate.calls), y(candidate.score)),
            false => write!(line, "H{:.1}", x(candidate.calls)),
        };
        if candidate.score > best {
            best = candidate.score;
            let _ = write!(line, "V{:.1}", y(best));
        }
    }
    let _ = write!(out, "<path d=\"{line}\" fill=\"none\" stroke=\"var(--mark)\" stroke-width=\"2\"></path>");
    for (place, candidate) in report.candidates.iter().enumerate() {
        let (radius, fill) = if place == report.picked { (7, "var(--mark)") } else { (4, "currentColor") };
        let _ = write!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius}\" fill=\"{fill}\" fill-opacity=\".75\"><title>{place} {}: \
             {} after {} calls</title></circle>",
            x(candidate.calls),
            y(candidate.score),
            escaped(&candidate.name),
            number(candidate.score),
            candidate.calls,
        );
    }
    out + "</svg>"
}
