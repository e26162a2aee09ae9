//! Every row of one run, or of two runs side by side, to look at.

mod list;
mod steps;

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::json;

use super::report::Report;
use super::row::RowReport;
use crate::figure::{count, counted};
use crate::page::{Page, escaped};
use steps::Texts;

/// Filters and opens rows; it asks for nothing.
const SCRIPT: &str = include_str!("rows.js");

const STYLE: &str = "\
body{max-width:80rem}.filters{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:center;position:sticky;top:0;\
background:var(--paper);padding:.5rem 0;z-index:1}.filters[hidden]{display:none}\
select,input{font:inherit;color:inherit;background:var(--box);border:1px solid var(--line);border-radius:.4rem;\
padding:.2rem .4rem;max-width:100%}:focus-visible{outline:2px solid var(--mark);outline-offset:2px}\
.row{padding:0;margin:.3rem 0;scroll-margin-top:4rem}.row[hidden]{display:none}.row>summary,.head{display:grid;gap:.2rem .8rem;\
align-items:baseline;padding:.45rem .8rem}.row>summary{list-style:none}\
.row>summary::-webkit-details-marker{display:none}.row[open]>summary{border-bottom:1px solid var(--line)}\
.one>.head,.one>.row>summary{grid-template-columns:5rem minmax(0,2fr) minmax(0,1fr) 5rem}\
.two>.head,.two>.row>summary{grid-template-columns:5rem minmax(0,2fr) minmax(0,1fr) 5rem 5rem}\
.head{color:var(--dim);font-size:.85rem}.num{text-align:right;font-variant-numeric:tabular-nums}\
.tag{font-weight:600;font-size:.85rem}.fixed,.right{color:#1a7f37}.broken,.failed,.wrong{color:#c62828}\
@media(prefers-color-scheme:dark){.fixed,.right{color:#6fdd8b}.broken,.failed,.wrong{color:#ff8a80}}\
.inside{padding:.2rem .8rem .8rem}.sides{display:grid;gap:0 1.2rem;grid-template-columns:minmax(0,1fr)}\
h4{font-size:.95rem;margin:.9rem 0 .2rem}h5,.name{font-size:.8rem;margin:.5rem 0 0;color:var(--dim);font-weight:600}\
.step{background:var(--paper);border:1px solid var(--line)}.exchange{border-left:3px solid var(--line);\
padding-left:.8rem;margin:.8rem 0;font-size:.9rem}.prompt{padding:.1rem .6rem;margin:.2rem 0}.why{margin:.4rem 0;padding-left:1.2rem}\
@media(min-width:56rem){.two .sides{grid-template-columns:repeat(2,minmax(0,1fr))}}\
@media(max-width:36rem){.head{display:none}.filters{position:static}.row{scroll-margin-top:0}.one>.row>summary{grid-template-columns:4.5rem minmax(0,1fr) auto}\
.two>.row>summary{grid-template-columns:4.5rem minmax(0,1fr) auto auto}.slice{grid-column:2/-1;grid-row:2;\
font-size:.85rem;color:var(--dim)}.filters label{flex:1 1 8rem}.filters select,.filters input{width:100%}}";

/// One run, or the runs of two programs on the same rows.
pub(crate) struct RowsPage<'a> {
    title: &'a str,
    /// The text above the rows, as HTML.
    intro: String,
    runs: Vec<(&'static str, &'a Report)>,
}

/// One row in each of the runs, where it was run.
struct Line<'a> {
    /// The row in one of the runs that have it.
    any: &'a RowReport,
    sides: Vec<Option<&'a RowReport>>,
}

impl<'a> RowsPage<'a> {
    pub(crate) fn new(title: &'a str, intro: String, runs: Vec<(&'static str, &'a Report)>) -> Self {
        Self { title, intro, runs }
    }

    pub(crate) fn page(&self) -> Page {
        let lines = self.lines();
        let mut out = format!("<h1>{}</h1>\n{}\n<h2>Rows</h2>\n", escaped(self.title), self.intro);
        self.filters(&lines, &mut out);
        list::list(&self.runs, &lines, &mut out);
        let mut texts = Texts::default();
        let rows: Vec<_> = lines
            .iter()
            .map(|line| {
                line.sides.iter().map(|row| row.map(|row| texts.steps(&row.trace))).collect::<Vec<_>>()
            })
            .collect();
        let names: Vec<_> = self.runs.iter().map(|(name, _)| *name).collect();
        let data = json!({"names": names, "kept": texts.kept, "rows": rows, "texts": texts.all});
        Page::titled(self.title).style(STYLE).script(SCRIPT, &data).body(&out)
    }

    /// All rows, those first that one wants to look at.
    fn lines(&self) -> Vec<Line<'a>> {
        let places: BTreeSet<usize> =
            self.runs.iter().flat_map(|(_, report)| report.rows().iter().map(|row| row.row)).collect();
        let find = |report: &'a Report, place: usize| {
            report.rows().binary_search_by_key(&place, |row| row.row).ok().map(|found| &report.rows()[found])
        };
        let line = |place: usize| {
            let sides: Vec<_> = self.runs.iter().map(|(_, report)| find(report, place)).collect();
            sides.iter().copied().flatten().next_back().map(|any| Line { any, sides })
        };
        let mut lines: Vec<Line<'_>> = places.into_iter().filter_map(line).collect();
        lines.sort_by(|one, other| one.order().total_cmp(&other.order()));
        lines
    }

    fn filters(&self, lines: &[Line<'_>], out: &mut String) {
        let slices: BTreeSet<&str> = lines.iter().filter_map(|line| line.any.slice.as_deref()).collect();
        let kinds: &[&str] = match self.runs.len() {
            1 => &["failed", "wrong", "partly", "right"],
            _ => &["broken", "fixed", "same"],
        };
        out.push_str("<form id=\"filters\" class=\"filters\" hidden>");
        if !slices.is_empty() {
            choice(out, "slice", "Slice", slices.into_iter().map(|slice| (slice, String::new())));
        }
        let counted = kinds
            .iter()
            .map(|kind| (*kind, format!(" ({})", lines.iter().filter(|line| line.kind() == *kind).count())));
        choice(out, "change", if self.runs.len() > 1 { "Change" } else { "Result" }, counted);
        out.push_str(
            "<label>Find <input type=\"search\" name=\"find\"></label>\
             <output id=\"count\" class=\"dim\" aria-live=\"polite\"></output></form>\n\
             <noscript><p class=\"dim\">Filters, prompts and replies need the page's script; all else is here.</p></noscript>\n",
        );
    }
}

impl Report {
    /// Every row of the run as a page: its inputs, labels, outputs, feedback and errors, with filters by slice and
    /// result, and the steps with their prompts and replies, if they were
    /// [kept](crate::Evaluate::keep_exchanges).
    ///
    /// Filters are in its address, too: `#slice=damage&change=wrong&find=lamp`.
    pub fn page(&self) -> Page {
        let title = format!("{}: {:.3}", self.metric(), self.score());
        let mut intro =
            format!("<p>The mean over {}, with {}.</p>", counted(self.rows().len(), "row"), self.usage());
        if let Some(reason) = self.stopped() {
            let (run, planned) = (count(self.rows().len()), count(self.planned()));
            let _ = write!(intro, "<p>Stopped with {run} of {planned} rows run: {}</p>", escaped(reason));
        }
        for note in self.told() {
            let _ = write!(intro, "<p class=\"dim\">{}</p>", escaped(&note));
        }
        let slices = self.slices();
        if !slices.is_empty() {
            intro.push_str("<div class=\"wide\"><table><tr><th>slice</th><th>rows</th><th>score</th></tr>");
            for slice in slices {
                let (name, rows, score) = (escaped(&slice.name), count(slice.rows), slice.score);
                let _ = write!(intro, "<tr><td>{name}</td><td>{rows}</td><td>{score:.3}</td></tr>");
            }
            intro.push_str("</table></div>");
        }
        RowsPage::new(&title, intro, vec![("run", self)]).page()
    }
}

impl Line<'_> {
    /// Names the result of the row.
    fn kind(&self) -> &'static str {
        match self.sides[..] {
            [Some(row)] if row.error.is_some() => "failed",
            [Some(row)] if row.score >= 1.0 => "right",
            [Some(row)] if row.score > 0.0 => "partly",
            [_] => "wrong",
            [Some(before), Some(after)] if after.score > before.score => "fixed",
            [Some(before), Some(after)] if after.score < before.score => "broken",
            _ => "same",
        }
    }

    /// Broken rows before fixed ones, and failed ones before those that scored.
    fn order(&self) -> f64 {
        match self.kind() {
            "broken" | "failed" => f64::NEG_INFINITY,
            "fixed" => 0.0,
            "same" => 1.0,
            _ => self.any.score,
        }
    }
}

fn choice<'s>(out: &mut String, name: &str, label: &str, options: impl Iterator<Item = (&'s str, String)>) {
    let _ = write!(out, "<label>{label} <select name=\"{name}\"><option value=\"\">all</option>");
    for (option, count) in options {
        let option = escaped(option);
        let _ = write!(out, "<option value=\"{option}\">{option}{count}</option>");
    }
    out.push_str("</select></label>");
}
