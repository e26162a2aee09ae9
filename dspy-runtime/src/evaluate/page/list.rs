//! The rows, each closed until someone opens it.

use std::fmt::Write;

use serde_json::Value;

use super::Line;
use crate::evaluate::{Report, RowReport};
use crate::page::{Part, diff_within, escaped};
use crate::value::{Record, in_short};

/// The most pairs of words that are compared to mark what differs in an output: there are many.
const PAIRS: usize = 100_000;

pub(super) fn list(runs: &[(&'static str, &Report)], lines: &[Line<'_>], out: &mut String) {
    let two = runs.len() > 1;
    let scores = match two {
        true => runs.iter().map(|(name, _)| format!("<span class=\"num\">{name}</span>")).collect(),
        false => "<span class=\"num\">score</span>".to_owned(),
    };
    let what = if two { "change" } else { "result" };
    let _ = writeln!(
        out,
        "<div class=\"{}\"><div class=\"head\" aria-hidden=\"true\"><span>{what}</span><span>row</span>\
         <span>slice</span>{scores}</div>",
        if two { "two" } else { "one" }
    );
    for (place, line) in lines.iter().enumerate() {
        head(line, out);
        inside(runs, place, line, out);
    }
    out.push_str("</div>\n");
}

fn head(line: &Line<'_>, out: &mut String) {
    let (row, kind) = (line.any, line.kind());
    let slice = escaped(row.slice.as_deref().unwrap_or_default());
    let name = row.id.clone().unwrap_or_else(|| format!("row {}", row.row + 1));
    let _ = write!(
        out,
        "<details class=\"row\" id=\"r{}\" data-slice=\"{slice}\" data-change=\"{kind}\"><summary>\
         <span class=\"tag {kind}\">{kind}</span><span class=\"id\">{}</span><span class=\"slice\">{slice}</span>",
        row.row + 1,
        escaped(&name),
    );
    for side in &line.sides {
        let score = side.map_or("not run".to_owned(), |row| format!("{:.3}", row.score));
        let _ = write!(out, "<span class=\"num\">{score}</span>");
    }
    out.push_str("</summary>");
}

fn inside(runs: &[(&'static str, &Report)], place: usize, line: &Line<'_>, out: &mut String) {
    out.push_str("<div class=\"inside\"><div class=\"sides\"><div><h4>Inputs</h4>");
    record(&line.any.input, out);
    out.push_str("</div><div><h4>Labels</h4>");
    record(&line.any.labels, out);
    out.push_str("</div></div><div class=\"sides\">");
    for (side, ((name, _), row)) in runs.iter().zip(&line.sides).enumerate() {
        let _ = match runs.len() {
            1 => write!(out, "<div><h4>Outputs</h4>"),
            _ => write!(out, "<div><h4>Outputs of the {name}</h4>"),
        };
        let other = if side == 0 { line.sides.get(1) } else { line.sides.first() };
        match row {
            Some(row) => outcome(row, other.copied().flatten().filter(|_| runs.len() > 1), side == 0, out),
            None => out.push_str("<p class=\"dim\">The row was not run.</p>"),
        }
        out.push_str("</div>");
    }
    let _ = writeln!(out, "</div><div class=\"sides steps\" data-row=\"{place}\"></div></div></details>");
}

/// The outputs with what differs from the other run, and what was said of them.
fn outcome(row: &RowReport, other: Option<&RowReport>, first: bool, out: &mut String) {
    if let Some(output) = &row.output {
        let known = other.and_then(|other| other.output.as_ref());
        for (name, value) in output.iter() {
            let (value, known) = (text(value), known.and_then(|known| known.get(name)).map(text));
            let _ = write!(out, "<div class=\"name\">{}</div><div class=\"text\">", escaped(name));
            match known {
                Some(known) if first => marked(&value, &known, false, out),
                Some(known) => marked(&known, &value, true, out),
                None => out.push_str(&escaped(&value)),
            }
            out.push_str("</div>");
        }
    }
    for (name, said) in [("feedback", &row.feedback), ("error", &row.error)] {
        if let Some(said) = said {
            let said = escaped(said);
            let _ = write!(out, "<div class=\"name\">{name}</div><div class=\"text\">{said}</div>");
        }
    }
    let money = row.cost.filter(|cost| *cost > 0.0).map_or(String::new(), |cost| format!(" for {cost:.6}"));
    let (usage, seconds) = (row.usage, row.latency.as_secs_f64());
    let _ = write!(out, "<p class=\"dim\">{usage}{money}, {seconds:.3} s</p>");
}

/// One of two texts, with what the other has not.
fn marked(old: &str, new: &str, show_new: bool, out: &mut String) {
    for part in diff_within(old, new, PAIRS) {
        let _ = match part {
            Part::Same(text) => write!(out, "{}", escaped(text)),
            Part::Gone(text) if !show_new => write!(out, "<del>{}</del>", escaped(text)),
            Part::New(text) if show_new => write!(out, "<ins>{}</ins>", escaped(text)),
            _ => Ok(()),
        };
    }
}

fn record(record: &Record, out: &mut String) {
    for (name, value) in record.iter() {
        let (name, value) = (escaped(name), text(value));
        let _ = write!(out, "<div class=\"name\">{name}</div><div class=\"text\">{}</div>", escaped(&value));
    }
}

/// A value as people read it.
pub(super) fn text(value: &Value) -> String {
    match in_short(value) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
