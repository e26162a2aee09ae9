//! A comparison to look at.

use std::fmt::Write;

use super::verdict::{Changes, Verdict};
use crate::error::{Error, Result};
use crate::evaluate::RowsPage;
use crate::figure::{count, counted};
use crate::page::{Page, escaped};

impl Verdict {
    /// The comparison as a page: the decision and its numbers, and every row with both programs side by side, with
    /// filters by slice and by change, and the prompts and replies of each step if they were
    /// [kept](crate::Gate::keep_exchanges).
    ///
    /// Filters are in its address, too: `#slice=damage&change=broken&find=lamp`.
    ///
    /// # Errors
    ///
    /// When the verdict was read from a file, which has no rows; save the two reports, and
    /// [`decide`](crate::Gate::decide) from them.
    pub fn page(&self) -> Result<Page> {
        let (Some(before), Some(after)) = (&self.baseline_report, &self.candidate_report) else {
            return Err(Error::data(
                "a verdict from a file has no rows to show; save both of its reports (`Report::save`) and have \
                 `Gate::decide` make it again from them",
            ));
        };
        let title = format!("{}: {:.3} to {:.3}", self.decision, self.baseline, self.candidate);
        let runs = vec![("baseline", before), ("candidate", after)];
        Ok(RowsPage::new(&title, self.intro(before.metric()), runs).page())
    }

    fn intro(&self, metric: &str) -> String {
        let mut out = String::from("<ul class=\"why\">");
        for reason in &self.reasons {
            let _ = write!(out, "<li>{}</li>", escaped(reason));
        }
        let Changes { better, worse, same } = self.changes;
        let [better, worse, same] = [better, worse, same].map(count);
        let ((low, high), difference) = (self.interval, self.candidate - self.baseline);
        let _ = write!(
            out,
            "</ul><p>Means of <b>{}</b> over {}: {better} better, {worse} worse, {same} the same. The difference is \
             {difference:+.3}, within {low:+.3} and {high:+.3} at a confidence of {}; p = {:.4} ({}).</p>",
            escaped(metric),
            counted(self.rows, "row"),
            self.confidence,
            self.p_value,
            self.test,
        );
        if !self.slices.is_empty() {
            out.push_str(
                "<div class=\"wide\"><table><tr><th>slice</th><th>rows</th><th>baseline</th><th>candidate</th>\
                 <th>minimum</th><th>p of a fall</th></tr>",
            );
            for slice in &self.slices {
                let minimum = slice.minimum.map(|minimum| format!("{minimum:.3}")).unwrap_or_default();
                let _ = write!(
                    out,
                    "<tr><td>{}</td><td>{}</td><td>{:.3}</td><td>{:.3}</td><td>{minimum}</td><td>{:.4}</td></tr>",
                    escaped(&slice.name),
                    count(slice.rows),
                    slice.baseline,
                    slice.candidate,
                    slice.p_worse,
                );
            }
            out.push_str("</table></div>");
        }
        let (before, after) = (&self.baseline_spending, &self.candidate_spending);
        let _ = write!(out, "<p class=\"dim\">A run takes {after}; of the baseline {before}.</p>");
        out
    }
}
